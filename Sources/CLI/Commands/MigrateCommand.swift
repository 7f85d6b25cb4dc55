internal import App
internal import ArgumentParser
internal import Chronology
internal import Config
internal import Gateway
internal import Reporting
internal import StorePostgres
internal import Stores

struct MigrateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate",
        abstract: "Brings the shared database to this program's schema, or an app's own to it.",
        discussion: """
            The database is that of database.url. An empty one gets all tables; one that an app \
            has built keeps its tables, rows, views, functions and policies, and gets what is \
            missing. Look at 'plan' first: it shows every statement and changes nothing.
            """,
        subcommands: [
            MigrateUp.self, MigrateDown.self, MigrateStatus.self, MigratePlan.self,
            MigrateVerify.self,
        ])
}

extension SharedOptions {
    func migrator() throws -> Migrator {
        let settings = try settings()
        guard let url = settings.databaseURL else {
            StandardError.print(
                "spendfuse: database.url is not set, and the embedded store needs no migration: it"
                    + " is brought up to date whenever it is opened. Set SPENDFUSE_DATABASE_URL")
            throw ExitCode.failure
        }
        return try Failure.reported(exit: .storeUnreachable) {
            try Migrator(url: url.revealed, clock: SystemClock())
        }
    }
}

struct MigrateUp: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "up", abstract: "Applies what is missing, each step as a whole.",
        discussion: """
            Examples:
              spendfuse migrate up
              spendfuse migrate up --print-sql > spendfuse.sql
            """)

    @OptionGroup var shared: SharedOptions
    @Flag(name: .long, help: "Print the statements for another tool to run; run nothing.")
    var printSQL = false

    func run() throws {
        let migrator = try shared.migrator()
        if printSQL {
            print(try Failure.reported { try migrator.script() }, terminator: "")
            return
        }
        let names = try Failure.reported { try migrator.up() }
        for name in names { print("applied \(name)") }
        if names.isEmpty { print("nothing to apply") }
    }
}

struct MigrateDown: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "down", abstract: "Undoes steps, the newest first.",
        discussion: """
            Tables that Spendfuse made go, with their rows; an app's own tables lose the columns \
            that were added.
            Example:
              spendfuse migrate down --to spendfuse_0002_ledger
            """)

    @OptionGroup var shared: SharedOptions
    @Option(name: .long, help: "The newest step that stays.")
    var to: String?
    @Flag(name: .long, help: "Undo every step.")
    var all = false

    func validate() throws {
        guard (to == nil) == all else {
            throw ValidationError("name the step that stays with --to, or undo them with --all")
        }
    }

    func run() throws {
        let migrator = try shared.migrator()
        let names = try Failure.reported { try migrator.down(to: to) }
        for name in names { print("undone \(name)") }
        if names.isEmpty { print("nothing to undo") }
    }
}

struct MigrateStatus: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Shows which steps are applied.",
        discussion: """
            Example:
              spendfuse migrate status
            """)

    @OptionGroup var shared: SharedOptions
    @OptionGroup var output: FormatOption

    func run() throws {
        let standings = try Failure.reported { try shared.migrator().status() }
        var table = ReportTable(columns: [.text("migration"), .text("state"), .text("applied_at")])
        table.rows = standings.map { standing in
            let state =
                standing.appliedAt == nil
                ? "missing" : standing.isUnchanged ? "applied" : "applied in another version"
            return [.text(standing.name), .text(state), .text(standing.appliedAt)]
        }
        output.show(table)
    }
}

struct MigratePlan: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Shows every statement that 'up' would run on this database; runs none.",
        discussion: """
            Example:
              spendfuse migrate plan
            """)

    @OptionGroup var shared: SharedOptions

    func run() throws {
        let plan = try Failure.reported { try shared.migrator().plan() }
        for (name, statements) in plan {
            print("-- \(name)")
            for step in statements {
                if let note = step.note { print("-- \(note)") }
                print("\(step.statement);")
            }
            print("")
        }
        if plan.isEmpty { print("-- nothing to apply") }
    }
}

struct MigrateVerify: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Checks tables, columns, views, functions, policies and sample queries.",
        discussion: """
            Example:
              spendfuse migrate verify
            """)

    @OptionGroup var shared: SharedOptions
    @OptionGroup var output: FormatOption

    func run() throws {
        let checks = try Failure.reported { try shared.migrator().verify() }
        let passed = checks.count { $0.isOK }
        var table = ReportTable(columns: [.text("check"), .text("result"), .text("detail")])
        table.rows = checks.map {
            [.text($0.name), .text($0.isOK ? "ok" : "FAILED"), .text($0.isOK ? nil : $0.detail)]
        }
        let percent = checks.isEmpty ? 0 : passed * 1_000 / checks.count
        table.facts = [
            ("success_rate", "\(percent / 10).\(percent % 10) %"),
            ("checks", "\(checks.count)"), ("passed", "\(passed)"),
        ]
        output.show(table)
        if passed < checks.count { throw ExitCode.failure }
    }
}
