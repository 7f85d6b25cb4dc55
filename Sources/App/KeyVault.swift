package import Crypto
internal import Foundation
package import Gateway
package import Stores

/// The pepper of this installation's key digests: a file beside the ledger that only its user can
/// read. Whoever has the ledger alone cannot test guesses of keys.
package enum KeyVault {
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    private static let fileName = "pepper"
    private static let pepperBytes = 32

    /// Of all gateways that share the store, where it is shared.
    package static func pepper(
        in state: String, of store: any SpendStore
    ) throws -> SymmetricKey {
        if let shared = try store.sharedPepper() { return SymmetricKey(data: shared) }
        return try pepper(in: state)
    }

    /// Of the shared store as it was last seen, for starts without it.
    private static let sharedFileName = "pepper-shared"

    static func keep(_ pepper: [UInt8]?, in state: String) throws(Failure) {
        guard let pepper else { return }
        let path = "\(state)/\(sharedFileName)"
        let isMade = FileManager.default.createFile(
            atPath: path, contents: Data(pepper), attributes: [.posixPermissions: 0o600])
        guard isMade else {
            throw Failure(description: "\(path) cannot be written; check its folder's permissions")
        }
    }

    static func hasShared(in state: String) -> Bool {
        FileManager.default.fileExists(atPath: "\(state)/\(sharedFileName)")
    }

    static func bytes(in state: String) throws(Failure) -> [UInt8] {
        _ = try pepper(in: state)
        return FileManager.default.contents(atPath: "\(state)/\(fileName)").map { [UInt8]($0) }
            ?? []
    }

    static func keptPepper(in state: String) throws(Failure) -> SymmetricKey {
        let path = "\(state)/\(sharedFileName)"
        guard let data = FileManager.default.contents(atPath: path) else {
            throw Failure(
                description: "\(path) cannot be read; start again once the database is up")
        }
        return SymmetricKey(data: data)
    }

    package static func pepper(in state: String) throws(Failure) -> SymmetricKey {
        let path = "\(state)/\(fileName)"
        if let data = FileManager.default.contents(atPath: path) {
            guard data.count == pepperBytes else {
                throw Failure(
                    description: "\(path) is damaged: it must be \(pepperBytes) bytes; restore it"
                        + " from a backup, or remove it and create all gateway keys anew")
            }
            return SymmetricKey(data: data)
        }
        var generator = SystemRandomNumberGenerator()
        let data = Data(
            (0..<pepperBytes).map { _ in
                UInt8.random(in: 0...UInt8.max, using: &generator)
            })
        let isMade = FileManager.default.createFile(
            atPath: path, contents: data, attributes: [.posixPermissions: 0o600])
        guard isMade else {
            throw Failure(description: "\(path) cannot be written; check its folder's permissions")
        }
        return SymmetricKey(data: data)
    }

    private static let adminFileName = "admin-key"

    /// What opens the dashboard of this installation; made where there is none yet.
    package static func adminKey(in state: String) throws(Failure) -> String {
        let path = "\(state)/\(adminFileName)"
        if let data = FileManager.default.contents(atPath: path) {
            let key = String(decoding: data, as: UTF8.self).filter { !$0.isWhitespace }
            guard key.utf8.count >= secretLetters else {
                throw Failure(
                    description: "\(path) is damaged: it must be at least \(secretLetters)"
                        + " letters; remove it, and another is made at the next start")
            }
            return key
        }
        let key = "sfa_\(letters(secretLetters))"
        let isMade = FileManager.default.createFile(
            atPath: path, contents: Data((key + "\n").utf8),
            attributes: [.posixPermissions: 0o600])
        guard isMade else {
            throw Failure(description: "\(path) cannot be written; check its folder's permissions")
        }
        return key
    }

    /// Letters of ids and secrets: 62 of them, so 43 carry 256 bits.
    private static let alphabet = Array(
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
    private static let idLetters = 12
    private static let secretLetters = 43

    /// A new key and its secret, which is shown once and stored nowhere.
    package static func mint(
        name: String, userID: String, projectID: String?
    ) -> (key: GatewayKey, secret: String) {
        let id = letters(idLetters)
        let secret = "\(KeyRing.secretPrefix)\(id)_\(letters(secretLetters))"
        return (
            GatewayKey(id: "key_\(id)", name: name, userID: userID, projectID: projectID), secret
        )
    }

    static func letters(_ count: Int) -> String {
        var generator = SystemRandomNumberGenerator()
        return String(
            (0..<count).map { _ in
                alphabet[Int.random(in: 0..<alphabet.count, using: &generator)]
            })
    }
}
