internal import Chronology
package import Config
internal import Crypto
internal import Foundation
internal import Gateway
internal import LedgerSQLite
internal import Linux
internal import StorePostgres
package import Stores
internal import ZoneDatabase

/// Copies of the store that is in use: the embedded one by SQLite's online backup, the shared one
/// by PostgreSQL's own programs.
package struct StoreBackup {
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    private let settings: Settings
    private let clock = SystemClock()

    package init(settings: Settings) { self.settings = settings }

    /// Writes a copy to `path`, which must not be there, and notes it in the store.
    package func create(at path: String, store: any SpendStore & StoreUpkeep) throws
        -> BackupListing
    {
        guard !FileManager.default.fileExists(atPath: path) else {
            throw Failure(description: "\(path) is there already; name another file")
        }
        ProcessSettings.makeFilesPrivate()
        if let url = settings.databaseURL {
            try run("pg_dump", ["--format=custom", "--no-owner", "--file=\(path)"], url)
        } else if let ledger = store as? LedgerDatabase {
            try ledger.copy(to: path)
        }
        guard let data = FileManager.default.contents(atPath: path) else {
            throw Failure(description: "\(path) cannot be read after it was written")
        }
        let digest = SHA256.hash(data: data).map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0\(digits)" : digits
        }.joined()
        let backup = BackupListing(
            createdAt: clock.now().text, path: URL(fileURLWithPath: path).path,
            bytes: Int64(data.count), sha256: digest)
        try store.note(backup: backup)
        return backup
    }

    /// Puts a copy in the place of the store; what was there is kept beside it.
    package func restore(_ path: String) throws -> String {
        guard FileManager.default.fileExists(atPath: path) else {
            throw Failure(description: "\(path) is not there; see 'spendfuse backup list'")
        }
        if let url = settings.databaseURL {
            try run(
                "pg_restore",
                ["--clean", "--if-exists", "--no-owner", "--single-transaction", path], url)
            return PostgresStore.masked(url.revealed)
        }
        try LedgerDatabase.prepare(directory: settings.state)
        guard let lock = try FileLock(path: "\(settings.state)/lock") else {
            throw Failure(
                description: "a gateway serves from \(settings.state); stop it before a restore")
        }
        defer { withExtendedLifetime(lock) {} }
        try LedgerDatabase.check(copy: path)
        let place = "\(settings.state)/\(LedgerDatabase.fileName)"
        let manager = FileManager.default
        var moment = clock.now().seconds
        while manager.fileExists(atPath: "\(place).before-restore-\(moment)") { moment += 1 }
        let kept = "\(place).before-restore-\(moment)"
        let copy = "\(place).restoring"
        try? manager.removeItem(atPath: copy)
        try manager.copyItem(atPath: path, toPath: copy)
        for suffix in ["", "-wal", "-shm"] where manager.fileExists(atPath: place + suffix) {
            try manager.moveItem(atPath: place + suffix, toPath: kept + suffix)
        }
        try manager.moveItem(atPath: copy, toPath: place)
        return place
    }

    /// Runs a program of PostgreSQL. The URL goes by the environment, as others can read arguments.
    private func run(_ program: String, _ arguments: [String], _ url: Secret) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: try path(of: program))
        // pg_restore has no connection by the environment alone: an empty name takes it from there.
        let connection = program == "pg_restore" ? ["--dbname=service=spendfuse"] : []
        process.arguments = connection + arguments
        let service = "\(NSTemporaryDirectory())/spendfuse-\(UUID().uuidString)"
        let text = "[spendfuse]\n" + (try PostgresStore.serviceLines(url.revealed))
        guard
            FileManager.default.createFile(
                atPath: service, contents: Data(text.utf8), attributes: [.posixPermissions: 0o600])
        else { throw Failure(description: "\(service) cannot be written") }
        defer { try? FileManager.default.removeItem(atPath: service) }
        process.environment = ProcessInfo.processInfo.environment.merging([
            "PGSERVICEFILE": service, "PGSERVICE": "spendfuse",
        ]) { $1 }
        let errors = Pipe()
        process.standardError = errors
        try process.run()
        let said = errors.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Failure(
                description:
                    "\(program) failed: \(String(decoding: said.prefix(2_000), as: UTF8.self))")
        }
    }

    private func path(of program: String) throws -> String {
        let folders =
            (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map(
                String.init)
            + ["17", "16", "15", "14"].map { "/usr/lib/postgresql/\($0)/bin" }
        for folder in folders {
            let path = "\(folder)/\(program)"
            if FileManager.default.isExecutableFile(atPath: path) { return path }
        }
        throw Failure(
            description: "\(program) is not installed; install PostgreSQL's client programs"
                + " (postgresql-client)")
    }
}
