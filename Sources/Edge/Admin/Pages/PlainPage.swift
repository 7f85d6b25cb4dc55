internal import Chronology
internal import Gateway
internal import Money
internal import Reporting
internal import Stores

/// A page of tables alone.
struct PlainPage: Sendable {
    let frame: PageFrame
    let text: String
    let tables: [TablePart]

    private static let keyDays: Int64 = 30

    /// Keys without their secrets, and what each spent.
    static func keys(
        _ frame: PageFrame, at now: Instant, _ store: any SpendStore
    ) throws(StoreError) -> PlainPage {
        let report = try store.report(
            SpendQuery(
                dimensions: [.key],
                since: now.advanced(bySeconds: -keyDays * Instant.secondsPerDay),
                until: now.advanced(bySeconds: 1)))
        let lines = Dictionary(report.lines.map { ($0.keys[0], $0) }) { first, _ in first }
        var table = ReportTable(columns: [
            .text("name"), .text("id"), .text("user"), .text("project"), .text("created"),
            .text("state"), .number("calls"), .money("cost_usd"),
        ])
        let listings = try store.keyListings()
        table.rows = listings.map { listing in
            let line = lines[listing.key.id]
            return [
                .text(listing.key.name), .text(listing.key.id), .text(listing.key.userID),
                .text(listing.key.projectID), .text(String(listing.createdAt.prefix(10))),
                .text(listing.revokedAt.map { "revoked \($0.prefix(10))" } ?? "active"),
                .number(line?.calls ?? 0), .money(line?.cost ?? .zero),
            ]
        }
        return PlainPage(
            frame: frame,
            text: "Calls and cost are of the last \(keyDays) days. Keys are made, rotated and"
                + " revoked with 'spendfuse key'; a secret is shown once, and kept nowhere.",
            tables: [TablePart(table, caption: "Gateway keys")])
    }

    static func settings(
        _ frame: PageFrame, _ settings: [(key: String, value: String, origin: String)],
        _ changes: [AuditEntry]
    ) -> PlainPage {
        var table = ReportTable(columns: [.text("key"), .text("value"), .text("origin")])
        table.rows = settings.map { [.text($0.key), .text($0.value), .text($0.origin)] }
        var audit = ReportTable(columns: [
            .text("when"), .text("who"), .text("action"), .text("subject"), .text("before"),
            .text("after"),
        ])
        audit.rows = changes.map { entry in
            [
                .text(String(entry.timestamp.prefix(19))), .text(entry.change.actor),
                .text(entry.change.action), .text(entry.change.subject),
                .text(entry.change.before), .text(entry.change.after),
            ]
        }
        return PlainPage(
            frame: frame,
            text: "Set in the config file, by environment or by flags; secrets are not shown.",
            tables: [
                TablePart(table, caption: "Settings in force"),
                TablePart(audit, caption: "Latest changes"),
            ])
    }
}

/// The form that asks for a key.
struct LoginPage: Sendable {
    let problem: String?
    /// Where to go from there: a path of this dashboard.
    let next: String
}

/// What went wrong.
struct ProblemPage: Sendable {
    let title: String
    let text: String
}
