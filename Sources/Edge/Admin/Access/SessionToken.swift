internal import Chronology
internal import Crypto

/// A signed statement of who is logged in, kept by the browser in a cookie. Nothing is stored
/// here: a session ends by its times, by signing out, by another admin key, or with the key that it
/// came by.
struct SessionToken: Sendable {
    /// Hours from login to the end, however busy.
    static let maximumSeconds: Int64 = 12 * 3_600
    /// Without a request for so long it ends.
    static let idleSeconds: Int64 = 30 * 60
    /// A token that is older is given anew, so that an active session goes on.
    static let renewalSeconds: Int64 = 60

    let viewer: Viewer
    /// Random, of this session: what its CSRF token is made of.
    let nonce: String
    let begun: Instant
    let seen: Instant

    init(viewer: Viewer, nonce: String, begun: Instant, seen: Instant) {
        self.viewer = viewer
        self.nonce = nonce
        self.begun = begun
        self.seen = seen
    }

    private static let separator: Character = "."

    /// Fields in hexadecimal, and what signs them.
    func text(signedWith key: SymmetricKey) -> String {
        let (user, keyID, mark) =
            if case .user(let user, let keyID, let mark) = viewer {
                (user, keyID, mark)
            } else {
                ("", "", "")
            }
        let fields = [
            viewer.isAdmin ? "admin" : "user", Array(user.utf8).hex, Array(keyID.utf8).hex, nonce,
            String(begun.seconds), String(seen.seconds), mark,
        ]
        let body = fields.joined(separator: String(Self.separator))
        return body + String(Self.separator) + Self.signature(of: body, key).hex
    }

    /// Nil for a text that this key did not sign, or that is over.
    init?(text: String, signedWith key: SymmetricKey, at now: Instant) {
        guard text.utf8.count < 4_096, let last = text.lastIndex(of: Self.separator),
            let signature = [UInt8](hex: text[text.index(after: last)...])
        else { return nil }
        let body = String(text[..<last])
        guard
            HMAC<SHA256>.isValidAuthenticationCode(
                signature, authenticating: Array(body.utf8), using: key)
        else { return nil }
        let fields = body.split(separator: Self.separator, omittingEmptySubsequences: false)
        guard fields.count == 7, let user = [UInt8](hex: fields[1]),
            let keyID = [UInt8](hex: fields[2]), let begun = Int64(fields[4]),
            let seen = Int64(fields[5]),
            (0..<Self.maximumSeconds).contains(now.seconds - begun),
            (-1..<Self.idleSeconds).contains(now.seconds - seen)
        else { return nil }
        viewer =
            fields[0] == "admin"
            ? .admin
            : .user(
                String(decoding: user, as: UTF8.self),
                keyID: String(decoding: keyID, as: UTF8.self), mark: String(fields[6]))
        nonce = String(fields[3])
        self.begun = Instant(seconds: begun)
        self.seen = Instant(seconds: seen)
    }

    private static func signature(of body: String, _ key: SymmetricKey) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: Array(body.utf8), using: key))
    }

    /// What a form of this session must bring back.
    func formToken(signedWith key: SymmetricKey) -> String {
        Self.signature(of: "form " + nonce, key).hex
    }

    func isFormToken(_ text: String, signedWith key: SymmetricKey) -> Bool {
        guard let signature = [UInt8](hex: text) else { return false }
        return HMAC<SHA256>.isValidAuthenticationCode(
            signature, authenticating: Array("form \(nonce)".utf8), using: key)
    }
}
