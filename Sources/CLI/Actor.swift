internal import Foundation

/// Who changes something, for the audit: `SPENDFUSE_ACTOR`, or the system's user.
enum Actor {
    private static let maximumBytes = 128

    static var name: String {
        let environment = ProcessInfo.processInfo.environment
        if let stated = environment["SPENDFUSE_ACTOR"], !stated.isEmpty {
            return String(stated.prefix(maximumBytes))
        }
        let user = ProcessInfo.processInfo.userName
        return "\(user.isEmpty ? "unknown" : user)@\(ProcessInfo.processInfo.hostName)"
    }
}
