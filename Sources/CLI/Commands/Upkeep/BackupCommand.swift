internal import App
internal import ArgumentParser
internal import Chronology
internal import Reporting
internal import Stores

struct BackupCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup", abstract: "Copies the store, lists the copies, and restores one.",
        subcommands: [BackupCreate.self, BackupList.self, BackupRestore.self])
}

struct BackupCreate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Writes a copy of the store to a file while calls go on.",
        discussion: """
            The embedded store is copied as it is; the shared one is dumped by pg_dump.
            Example:
              spendfuse backup create /var/backups/spendfuse-monday
            """)

    @OptionGroup var shared: SharedOptions
    @Argument(help: "The file to write.")
    var path: String

    func run() throws {
        let settings = try shared.settings()
        let store = try shared.upkeep()
        let backup = try Failure.reported {
            try StoreBackup(settings: settings).create(at: path, store: store)
        }
        print("\(backup.path): \(backup.bytes ?? 0) bytes, SHA-256 \(backup.sha256 ?? "")")
        print("keep the state directory's 'pepper' with it, as key digests depend on it")
    }
}

struct BackupList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Lists the copies that were made, newest first.",
        discussion: """
            Example:
              spendfuse backup list
            """)

    @OptionGroup var shared: SharedOptions
    @OptionGroup var output: FormatOption

    func run() throws {
        let backups = try Failure.reported { try shared.upkeep().backups() }
        var table = ReportTable(columns: [
            .text("created_at"), .number("bytes"), .text("sha256"), .text("path"),
        ])
        table.rows = backups.map {
            [.text($0.createdAt), .number($0.bytes), .text($0.sha256), .text($0.path)]
        }
        output.show(table)
    }
}

struct BackupRestore: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore", abstract: "Puts a copy in the place of the store.",
        discussion: """
            No gateway may serve meanwhile. The embedded store that was there is kept beside it; a \
            shared one is replaced as a whole or not at all.
            Example:
              spendfuse backup restore /var/backups/spendfuse-monday
            """)

    @OptionGroup var shared: SharedOptions
    @Argument(help: "A file that 'backup create' wrote.")
    var path: String

    func run() throws {
        let settings = try shared.settings()
        let place = try Failure.reported { try StoreBackup(settings: settings).restore(path) }
        print("restored \(path) to \(place)")
    }
}
