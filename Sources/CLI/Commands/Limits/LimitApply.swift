internal import Accounting
internal import App
internal import ArgumentParser
internal import Config
internal import Foundation
internal import LedgerSQLite
internal import Reporting
internal import Stores
internal import ZoneDatabase

/// A file of limits, and how it differs from what is in force.
struct LimitsPlan: ParsableArguments {
    @Option(name: .shortAndLong, help: "The file of limits (see docs/limits.md).")
    var file: String

    @Flag(name: .long, help: "Removes budgets that are not in the file.")
    var prune = false

    struct Step {
        let name: BudgetName
        let before: Budget?
        let after: Budget?

        var word: String {
            switch (before, after) {
            case (nil, _): "create"
            case (_, nil): "remove"
            default: "change"
            }
        }
    }

    /// What has to be done; nothing where all is as the file says.
    func steps(_ ledger: any SpendStore) throws -> [Step] {
        let path = file
        let wanted = try Failure.reported {
            guard let data = FileManager.default.contents(atPath: path) else {
                throw StoreError("\(path) cannot be read; name a file of limits with -f")
            }
            return try LimitsFile.read(
                String(decoding: data, as: UTF8.self), path: path, zones: SystemZones())
        }
        let known = try Failure.reported(exit: .storeUnreachable) { try ledger.budgets() }
        var steps = wanted.compactMap { budget -> Step? in
            let name = BudgetName(budget.scope, budget.name)
            let before = known.first { BudgetName($0.scope, $0.name) == name }
            var after = budget
            // A raise is for a time, and no file's business.
            after.raises = before?.raises ?? []
            after.id = before?.id ?? budget.id
            return before == after ? nil : Step(name: name, before: before, after: after)
        }
        if prune {
            let names = Set(wanted.map { BudgetName($0.scope, $0.name) })
            steps += known.filter { !names.contains(BudgetName($0.scope, $0.name)) }
                .map { Step(name: BudgetName($0.scope, $0.name), before: $0, after: nil) }
        }
        return steps
    }

    static func table(_ steps: [Step]) -> ReportTable {
        var table = ReportTable(columns: [
            .text("action"), .text("scope"), .text("name"), .text("field"), .text("before"),
            .text("after"),
        ])
        for step in steps {
            for field in BudgetField.allCases {
                let before = step.before?.text(of: field)
                let after = step.after?.text(of: field)
                guard before != after else { continue }
                table.rows.append([
                    .text(step.word), .text("\(step.name.scope)"), .text(step.name.name),
                    .text(field.rawValue), .text(before), .text(after),
                ])
            }
        }
        return table
    }
}

struct LimitApply: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "apply", abstract: "Makes the limits what a file says, all or none.",
        discussion: """
            Each budget in the file is set in full; others stay, or go with --prune.
            Example:
              spendfuse limit apply -f limits.yaml
            """)

    @OptionGroup var shared: SharedOptions
    @OptionGroup var output: FormatOption
    @OptionGroup var plan: LimitsPlan

    func run() throws {
        let ledger = try shared.ledger(mayMake: true)
        let steps = try plan.steps(ledger)
        let byName = Dictionary(steps.map { ($0.name, $0) }) { first, _ in first }
        _ = try Failure.reported(exit: .storeUnreachable) {
            try ledger.change(
                steps.map(\.name), by: Actor.name, at: SystemClock().now()
            ) { name, known in
                guard byName[name]?.before == known else {
                    throw StoreError(
                        "\(name) was changed by somebody else in the meantime; nothing was"
                            + " applied; run it again")
                }
                return byName[name]?.after
            }
        }
        if steps.isEmpty, output.format == .table {
            print("nothing to do: the limits are as \(plan.file) says")
            return
        }
        output.show(LimitsPlan.table(steps))
    }
}

struct LimitDiff: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff", abstract: "Shows what 'limit apply' would change.",
        discussion: """
            Example:
              spendfuse limit diff -f limits.yaml --exit-code
            """)

    @OptionGroup var shared: SharedOptions
    @OptionGroup var output: FormatOption
    @OptionGroup var plan: LimitsPlan

    @Flag(name: .long, help: "Exits with 1 where there is a difference.")
    var exitCode = false

    func run() throws {
        let steps = try plan.steps(try shared.ledger(mayMake: true))
        if steps.isEmpty, output.format == .table {
            print("no difference: the limits are as \(plan.file) says")
        } else {
            output.show(LimitsPlan.table(steps))
        }
        if exitCode, !steps.isEmpty { throw ExitCode.failure }
    }
}
