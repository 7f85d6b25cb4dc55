internal import GRDB
internal import Stores

extension StoreError {
    init(_ error: any Error, doing what: String, path: String) {
        guard let error = error as? DatabaseError else {
            self.init("\(what) failed on \(path): \(error)")
            return
        }
        let remedy: String
        switch error.resultCode {
        case .SQLITE_NOTADB:
            remedy = "the file is not a database; move it away or choose another 'state'"
        case .SQLITE_CORRUPT: remedy = "the file is damaged; restore a backup of it"
        case .SQLITE_READONLY, .SQLITE_CANTOPEN, .SQLITE_PERM:
            remedy = "the file or its folder cannot be written by this user; check its permissions"
        case .SQLITE_FULL: remedy = "the disk is full; make room"
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            remedy = "another program keeps it locked; close that program"
        default: remedy = "see the reason"
        }
        self.init("\(what) failed on \(path): \(error.message ?? "\(error.resultCode)"); \(remedy)")
    }
}
