internal import Accounting
internal import Gateway
internal import Money

/// The state of the budgets in Prometheus' text format.
enum BudgetMetrics {
    /// `undelivered`: rows that the shared store has not heard of; nil where none is shared.
    static func text(of services: GatewayServices, undelivered: Int64?) -> String {
        let bookkeeper = services.bookkeeper
        let standings = bookkeeper.standings
        var text = gauge("budget_limit_usd", "Limit of a budget's window.", standings, \.limit)
        text += gauge(
            "budget_spent_usd", "Settled spend in a budget's window.", standings, \.settled)
        text += gauge("budget_held_usd", "Held by calls in flight.", standings, \.held)
        text += """
            # HELP spendfuse_open_holds Calls that are admitted and not yet settled.
            # TYPE spendfuse_open_holds gauge
            spendfuse_open_holds \(bookkeeper.openHolds)

            """
        text += """
            # HELP spendfuse_settings_changes_total Changes of limits, keys and breakers in force.
            # TYPE spendfuse_settings_changes_total counter
            spendfuse_settings_changes_total \(services.changesTakenUp)

            """
        if let undelivered {
            text += """
                # HELP spendfuse_undelivered_entries What the shared store has not been told yet.
                # TYPE spendfuse_undelivered_entries gauge
                spendfuse_undelivered_entries \(undelivered)

                """
        }
        return text
    }

    private static func gauge(
        _ name: String, _ help: String, _ standings: [BudgetStanding],
        _ value: KeyPath<BudgetStanding, Amount>
    ) -> String {
        var text = "# HELP spendfuse_\(name) \(help)\n# TYPE spendfuse_\(name) gauge\n"
        for standing in standings {
            text +=
                "spendfuse_\(name){budget=\"\(escaped(standing.label))\","
                + "window=\"\(standing.window.name)\"} \(standing[keyPath: value].dollars)\n"
        }
        return text
    }

    private static func escaped(_ label: String) -> String {
        label.map { character in
            switch character {
            case "\\": "\\\\"
            case "\"": "\\\""
            case "\n": "\\n"
            default: String(character)
            }
        }.joined()
    }
}
