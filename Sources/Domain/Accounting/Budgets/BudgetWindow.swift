internal import Chronology

/// The stretch of time over which spend counts against a limit.
package enum BudgetWindow: Hashable, Sendable {
    case hourly, daily, weekly, monthly
    /// From the beginning of all records.
    case total
    /// A single call.
    case perCall
    /// The last so many seconds. It is counted in sixtieths of its length, and a sixtieth counts
    /// until all of it is older than the window.
    case rolling(seconds: Int64)

    /// The windows that a calendar and a limit of each kind name, in the order of lists.
    package static let fixed: [BudgetWindow] = [
        .hourly, .daily, .weekly, .monthly, .total, .perCall,
    ]

    /// From a minute to a year; a shorter stretch is a rate.
    package static let rollingSeconds: ClosedRange<Int64> = 60...31_622_400

    /// As stored and in JSON: `daily`, `per_call`, `rolling_18000s`.
    package var name: String {
        switch self {
        case .hourly: "hourly"
        case .daily: "daily"
        case .weekly: "weekly"
        case .monthly: "monthly"
        case .total: "total"
        case .perCall: "per_call"
        case .rolling(let seconds): "rolling_\(seconds)s"
        }
    }

    package init?(name: String) {
        if let window = Self.fixed.first(where: { $0.name == name }) {
            self = window
            return
        }
        guard name.hasPrefix("rolling_"), name.hasSuffix("s"),
            let seconds = Int64(name.dropFirst("rolling_".count).dropLast()),
            Self.rollingSeconds.contains(seconds)
        else { return nil }
        self = .rolling(seconds: seconds)
    }

    /// For people: `per-call`, `rolling 5h`.
    package var label: String {
        switch self {
        case .perCall: "per-call"
        case .rolling(let seconds): "rolling \(TimeSpan.text(seconds))"
        default: name
        }
    }

    /// The option of `limit set` that sets such a limit.
    package var option: String {
        switch self {
        case .rolling(let seconds): "--rolling \(TimeSpan.text(seconds))=AMOUNT"
        default: "--\(name.map { $0 == "_" ? "-" : String($0) }.joined()) AMOUNT"
        }
    }

    /// Their place in lists.
    package var order: Int64 {
        switch self {
        case .hourly: 0
        case .daily: 1
        case .weekly: 2
        case .monthly: 3
        case .total: 4
        case .perCall: 5
        case .rolling(let seconds): 5 + seconds
        }
    }
}

/// A length of time as people write it: `90s`, `15m`, `5h`, `30d`, `2w`.
package enum TimeSpan {
    private static let units: [(letter: Character, seconds: Int64)] = [
        ("w", 604_800), ("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1),
    ]

    /// Two leap years: nothing that is set here is meant for longer.
    package static let maximumSeconds: Int64 = 2 * 366 * 86_400

    package static func seconds(_ text: String) -> Int64? {
        guard let last = text.last, let unit = units.first(where: { $0.letter == last }),
            let count = Int64(text.dropLast()), count >= 1, count <= maximumSeconds / unit.seconds
        else { return nil }
        return count * unit.seconds
    }

    package static func text(_ seconds: Int64) -> String {
        let unit = units.first { $0.letter != "w" && seconds % $0.seconds == 0 } ?? units[4]
        return "\(seconds / unit.seconds)\(unit.letter)"
    }
}
