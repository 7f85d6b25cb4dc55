internal import Accounting
internal import Chronology
internal import Money

/// Finds what is worth changing.
package enum Advisor {
    /// Findings of one kind that are told; more would hide the others.
    private static let maximumOfKind = 5

    /// The largest savings first; then what is not about savings.
    package static func findings(_ basis: AdviceBasis) -> [Finding] {
        let all = [
            limitsAhead(basis), unpricedModels(basis), cheaperModels(basis),
            uncachedPrefixes(basis), batchEligible(basis), longContexts(basis),
            failuresPaid(basis), reasoningShares(basis), outputBounds(basis), aboveUsual(basis),
            unusualHours(basis), dormantKeys(basis),
        ]
        let kept = all.flatMap { findings in
            findings.sorted { ($0.saving ?? .zero, $0.calls) > ($1.saving ?? .zero, $1.calls) }
                .prefix(maximumOfKind)
        }
        let urgent = kept.filter { [.limitAhead, .unpricedModel].contains($0.kind) }
        let rest = kept.filter { ![.limitAhead, .unpricedModel].contains($0.kind) }
            .enumerated().sorted { left, right in
                let savings = (left.element.saving ?? .zero, right.element.saving ?? .zero)
                return savings.0 == savings.1 ? left.offset < right.offset : savings.0 > savings.1
            }
        return urgent + rest.map(\.element)
    }

    /// Savings below it are noise.
    static let leastSaving = Amount(picodollars: Amount.picodollarsPerDollar / 100)

    static func isWorthwhile(_ saving: Amount) -> Bool { saving >= leastSaving }

    private static func limitsAhead(_ basis: AdviceBasis) -> [Finding] {
        basis.standings.compactMap { standing in
            guard standing.limit.isPositive else { return nil }
            let forecast = SpendForecast(
                standing, at: basis.now, began: basis.budgetStarts[standing.budget])
            guard let moment = forecast.runsOutAt else { return nil }
            let effect = standing.mode == .enforce ? "calls are refused from then on" : "it alerts"
            let percent = standing.settled.percentText(of: standing.limit) ?? "100"
            let isReached = moment <= basis.now
            let reset = standing.resetsAt.map { " until \($0.shortText)" } ?? ""
            return Finding(
                .limitAhead, standing.label,
                isReached
                    ? "the \(standing.window.label) limit of \(standing.limit.glance) USD is"
                        + " reached\(reset); \(effect)"
                    : "\(percent) % of the \(standing.window.label) limit of"
                        + " \(standing.limit.glance) USD is spent; at this rate it is reached"
                        + " at \(moment.shortText), and \(effect)",
                remedy: "spend less, or 'spendfuse limit raise \(standing.command)'", calls: 0)
        }
    }

    private static func unpricedModels(_ basis: AdviceBasis) -> [Finding] {
        grouped(basis.samples.filter { !$0.isPriced && $0.isSuccess }) {
            [$0.provider, $0.model]
        }.map { names, calls in
            let first = calls.map(\.moment).min() ?? basis.now
            let day = first.shortText.prefix("YYYY-MM-DD".count)
            return Finding(
                .unpricedModel, "\(names[0])/\(names[1])",
                "\(calls.count) of the newest calls of \(names[1]) were booked without a price",
                remedy: "'spendfuse prices set \(names[0]) \(names[1]) --price input=… --price"
                    + " output=… --from \(day)', then 'spendfuse reprice --since \(day) --apply'",
                calls: Int64(calls.count))
        }
    }

    private static func dormantKeys(_ basis: AdviceBasis) -> [Finding] {
        let used = Set(basis.byKey.lines.map { $0.keys[0] })
        let oldEnough = basis.now.advanced(bySeconds: -AdviceBasis.days * Instant.secondsPerDay)
        return basis.keys.filter { $0.createdAt < oldEnough && !used.contains($0.id) }.map { key in
            Finding(
                .dormantKey, "key:\(key.name)",
                "no call with this key in \(AdviceBasis.days) days",
                remedy: "'spendfuse key revoke \(key.name)' unless somebody needs it", calls: 0)
        }
    }
}
