internal import Foundation
internal import Metering

/// An alert as channels tell it.
package struct AlertMessage: Sendable {
    package var alertID: Int64
    /// The same for each try, so that a receiver can tell a repetition.
    package var messageID: String
    package var kind: String
    package var scope: String
    package var budgetName: String
    package var userID: String?
    package var window: String
    package var threshold: Int64
    package var severity: String
    package var message: String
    /// A JSON object of figures.
    package var status: String
    package var timestamp: String

    package init(
        alertID: Int64, messageID: String, kind: String, scope: String, budgetName: String,
        userID: String?, window: String, threshold: Int64, severity: String, message: String,
        status: String, timestamp: String
    ) {
        self.alertID = alertID
        self.messageID = messageID
        self.kind = kind
        self.scope = scope
        self.budgetName = budgetName
        self.userID = userID
        self.window = window
        self.threshold = threshold
        self.severity = severity
        self.message = message
        self.status = status
        self.timestamp = timestamp
    }

    package var title: String { "Spendfuse \(severity): \(scope)" }

    /// What a generic webhook is sent.
    package var json: String {
        var object = JSONObjectText()
        object.add("type", "budget.\(kind)")
        object.add("id", messageID)
        object.add("alert_id", alertID)
        object.add("timestamp", timestamp)
        object.add("scope", scope)
        object.add("budget_name", budgetName)
        object.add("user_id", userID)
        object.add("window", window)
        object.add("threshold_pct", threshold)
        object.add("severity", severity)
        object.add("message", message)
        object.addRaw("status", status)
        return object.closed
    }

    /// Slack reads `&`, `<` and `>` as markup, in names that a client chose too.
    var slack: String {
        let escaped = text.replacing("&", with: "&amp;").replacing("<", with: "&lt;")
            .replacing(">", with: "&gt;")
        var object = JSONObjectText()
        object.add("text", escaped)
        return object.closed
    }

    /// Discord takes 2,000 characters, and nobody is to be called by a name that a client chose.
    var discord: String {
        var object = JSONObjectText()
        object.add("content", String(text.prefix(1_900)))
        object.addRaw("allowed_mentions", #"{"parse":[]}"#)
        return object.closed
    }

    var zapier: String {
        var object = JSONObjectText()
        object.add("event_type", "budget_\(kind)")
        object.add("user_id", userID)
        object.add("priority", priority)
        object.add("title", title)
        object.add("message", message)
        object.add("scope", scope)
        object.add("window", window)
        object.add("threshold_pct", threshold)
        object.add("severity", severity)
        object.addRaw("data", status)
        object.add("timestamp", timestamp)
        return object.closed
    }

    /// As `zapier_webhook_logs` has it.
    package var priority: String {
        switch severity {
        case "emergency": "urgent"
        case "critical": "high"
        default: "medium"
        }
    }

    private var text: String { "[\(severity)] \(message)" }

    /// A mail in plain text. Names that a client chose stand in it without control characters, so
    /// that none makes a header of its own. RFC 5322, RFC 2047.
    func mail(from: String, to: [String], domain: String, date: Date) -> [UInt8] {
        let subject = Data("Spendfuse: \(message)".filter(\.isPrintable).prefix(120).utf8)
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = TimeZone(secondsFromGMT: 0)
        formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss '+0000'"
        let body = """
            \(message)

            severity:  \(severity)
            scope:     \(scope)
            window:    \(window)
            time:      \(timestamp)
            figures:   \(status)

            Acknowledge it with: spendfuse alerts ack \(alertID)
            """
        let encoded = Data(body.utf8).base64EncodedString(
            options: [.lineLength76Characters, .endLineWithCarriageReturn, .endLineWithLineFeed])
        let lines = [
            "Date: \(formatter.string(from: date))", "From: \(from)",
            "To: \(to.joined(separator: ", "))",
            "Subject: =?UTF-8?B?\(subject.base64EncodedString())?=",
            "Message-ID: <\(messageID)@\(domain)>", "MIME-Version: 1.0",
            "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: base64", "",
            encoded, "",
        ]
        return Array(lines.joined(separator: "\r\n").utf8)
    }
}

extension Character {
    fileprivate var isPrintable: Bool {
        unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
    }
}
