internal import Chronology

/// What stands around every page.
struct PageFrame: Sendable {
    struct Entry: Sendable {
        let name: String
        let href: String
        let isCurrent: Bool
    }

    let title: String
    let entries: [Entry]
    let viewer: String
    let formToken: String
    let now: String
    let place: String
    let remark: String?

    private static let all: [(name: String, href: String, isForAdmin: Bool)] = [
        ("Overview", "/", false), ("Budgets", "/budgets", false), ("Calls", "/calls", false),
        ("Models", "/models", false), ("Alerts", "/alerts", true), ("Keys", "/keys", true),
        ("Settings", "/settings", true),
    ]

    init(
        _ title: String, at path: String, viewer: Viewer, formToken: String, now: Instant,
        place: String, remark: String?
    ) {
        self.title = title
        entries = Self.all.filter { viewer.isAdmin || !$0.isForAdmin }.map {
            Entry(name: $0.name, href: $0.href, isCurrent: $0.href == path)
        }
        self.viewer = viewer.onlyUser.map { "user \($0)" } ?? "admin"
        self.formToken = formToken
        self.now = now.shortText
        self.place = viewer.isAdmin ? place : ""
        self.remark = remark
    }
}
