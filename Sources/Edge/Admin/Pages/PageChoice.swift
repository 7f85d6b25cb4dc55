/// A link of several, of which one may be what the page shows.
struct PageChoice: Sendable {
    let name: String
    let href: String
    let isCurrent: Bool
}

extension ReportView {
    /// The spans of time that a page is a click away from.
    func spanChoices(at path: String) -> [PageChoice] {
        let current = fields["since"] == nil ? fields["last"] ?? Self.defaultSpan : ""
        return Self.spans.map { span in
            PageChoice(
                name: span == "month" ? "this month" : span,
                href: href(path, [("last", span), ("since", nil), ("until", nil)]),
                isCurrent: span == current)
        }
    }
}
