internal import ArgumentParser
internal import Config
internal import Reporting

struct ConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "Checks and shows the configuration.",
        subcommands: [ConfigCheck.self, ConfigShow.self])
}

struct ConfigCheck: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Checks the configuration; exit 1 names file and line.",
        discussion: """
            Example:
              spendfuse config check --config /etc/spendfuse/config.yaml
            """)

    @OptionGroup var shared: SharedOptions

    func run() throws {
        _ = try shared.settings()
        print("the configuration is valid")
    }
}

struct ConfigShow: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Shows each value and where it comes from.",
        discussion: """
            Example:
              spendfuse config show
            """)

    @OptionGroup var shared: SharedOptions
    @OptionGroup var output: FormatOption

    func run() throws {
        var table = ReportTable(columns: [.text("key"), .text("value"), .text("origin")])
        table.rows = try shared.settings().origins.map { origin in
            [.text(origin.key), .text(origin.value), .text(origin.origin)]
        }
        output.show(table)
    }
}
