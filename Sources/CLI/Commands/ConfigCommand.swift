internal import App
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
        let settings = try shared.settings()
        try Failure.reported {
            _ = try PriceSheetFolder.read(settings.pricing, state: settings.state)
        }
        guard settings.listen.port == 0 || "\(settings.listen)" != "\(settings.admin)" else {
            StandardError.print(
                "spendfuse: 'listen' and 'admin' are both \(settings.listen); give 'admin' a port"
                    + " of its own")
            throw ExitCode.failure
        }
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
