internal import Crypto
internal import Curl
internal import Dispatch
internal import Foundation
internal import Gateway

/// Sends an alert through a channel, once, on a thread that may wait.
package struct AlertSender: Sendable {
    package struct Outcome: Sendable {
        package let isDelivered: Bool
        package let status: Int?
        package let error: String?
        package let milliseconds: Int64
    }

    /// A receiver that answers later has not been reached.
    package static let timeoutMilliseconds = 10_000

    private let certificateFile: String?
    private let threads = DispatchQueue(label: "spendfuse.alerts", attributes: .concurrent)

    package init(certificateFile: String?) { self.certificateFile = certificateFile }

    package func send(_ message: AlertMessage, through channel: AlertChannel) async -> Outcome {
        await withCheckedContinuation { continuation in
            threads.async { continuation.resume(returning: attempt(message, channel)) }
        }
    }

    private func attempt(_ message: AlertMessage, _ channel: AlertChannel) -> Outcome {
        let began = ContinuousClock.now
        func outcome(_ status: Int?, _ error: String?) -> Outcome {
            let passed = (ContinuousClock.now - began).components
            return Outcome(
                isDelivered: error == nil, status: status, error: error,
                milliseconds: passed.seconds * 1_000 + passed.attoseconds / 1_000_000_000_000_000)
        }
        do throws(CurlError) {
            if channel.kind == .email {
                let reply = try mail(message, channel)
                return outcome(reply.status == 0 ? nil : reply.status, nil)
            }
            let status = try post(message, channel).status
            if (200..<300).contains(status) { return outcome(status, nil) }
            let remedy =
                (300..<400).contains(status)
                ? "; redirects are not followed, set the address that it leads to" : ""
            return outcome(status, "the receiver answered \(status)\(remedy)")
        } catch {
            return outcome(nil, "\(error)")
        }
    }

    private func post(
        _ message: AlertMessage, _ channel: AlertChannel
    ) throws(CurlError) -> Message.Reply {
        let body: String
        switch channel.kind {
        case .slack: body = message.slack
        case .discord: body = message.discord
        case .zapier: body = message.zapier
        case .webhook, .email: body = message.json
        }
        var headers = ["Content-Type: application/json", "User-Agent: spendfuse"]
        if channel.kind == .webhook { headers += Self.signature(body, message, channel) }
        let url = channel.url.revealed
        let sender = try Message(
            url: url, protocols: url.hasPrefix("http://") ? "http" : "https",
            timeoutMilliseconds: Self.timeoutMilliseconds, certificateFile: certificateFile)
        return try sender.post(Array(body.utf8), headers: headers)
    }

    /// Headers of the Standard Webhooks specification: an id that stays the same over all tries, a
    /// time that a receiver can tell a replay by, and an HMAC of both with the body.
    private static func signature(
        _ body: String, _ message: AlertMessage, _ channel: AlertChannel
    ) -> [String] {
        let seconds = String(Int64(Date().timeIntervalSince1970))
        var headers = ["webhook-id: \(message.messageID)", "webhook-timestamp: \(seconds)"]
        guard let secret = channel.secret else { return headers }
        let key = AlertChannel.decoded(secret) ?? Array(secret.revealed.utf8)
        let code = HMAC<SHA256>.authenticationCode(
            for: Data("\(message.messageID).\(seconds).\(body)".utf8),
            using: SymmetricKey(data: key))
        headers.append("webhook-signature: v1,\(Data(code).base64EncodedString())")
        return headers
    }

    private func mail(
        _ message: AlertMessage, _ channel: AlertChannel
    ) throws(CurlError) -> Message.Reply {
        let from = channel.from ?? "spendfuse@localhost"
        let domain = from.split(separator: "@").last.map(String.init) ?? "localhost"
        let bytes = message.mail(from: from, to: channel.to, domain: domain, date: Date())
        let sender = try Message(
            url: channel.url.revealed, protocols: "smtp,smtps",
            timeoutMilliseconds: Self.timeoutMilliseconds, certificateFile: certificateFile)
        let login = channel.user.map {
            Message.Login(user: $0, password: channel.password?.revealed ?? "")
        }
        return try sender.mail(
            bytes, from: "<\(from)>", to: channel.to.map { "<\($0)>" }, login: login)
    }
}
