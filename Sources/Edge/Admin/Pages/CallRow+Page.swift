internal import Reporting

extension CallRow {
    /// When it was admitted, for people.
    var moment: String {
        let text = text("timestamp") ?? ""
        return text.prefix(10) + " " + text.dropFirst(11).prefix(8)
    }

    var href: String { "/calls/" + (text("call_id") ?? "") }
}
