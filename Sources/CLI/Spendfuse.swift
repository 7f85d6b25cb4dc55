internal import App
internal import ArgumentParser
internal import Linux

/// The command line of Spendfuse.
@main
struct Spendfuse: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "spendfuse",
        abstract: "Tracks what AI APIs cost and stops calls at the limits you set.",
        discussion: """
            Examples:
              spendfuse serve --demo          the proxy, with a demo upstream
              spendfuse limit set u1 --monthly 50 --hard-stop
                                              a limit for one user
              spendfuse report --by model --since yesterday --until today
                                              what each model cost yesterday
              spendfuse status                limits, and where they lead
              spendfuse advise                what to change
              spendfuse key admin             the key of the dashboard
            Exit status: 0 ok, 1 failure, 3 a threshold that was asked for is passed, 5 the store \
            cannot be reached, 64 wrong usage.
            Completions: --generate-completion-script bash.
            """,
        version: "0.1.0",
        subcommands: [
            ServeCommand.self, LimitCommand.self, ReportCommand.self, TopCommand.self,
            AdviseCommand.self, PerformanceCommand.self,
            CallsCommand.self, TailCommand.self, ExplainCommand.self, RateCommand.self,
            KeyCommand.self, StatusCommand.self, PricesCommand.self,
            QuoteCommand.self, RepriceCommand.self, AlertsCommand.self, BreakerCommand.self,
            AuditCommand.self, MigrateCommand.self,
            RetentionCommand.self, BackupCommand.self, ImportCommand.self, ExportCommand.self,
            ReconcileCommand.self,
            ConfigCommand.self,
        ])

    /// Runs a command, and fails where what it printed did not all arrive.
    static func main() async {
        ProcessSettings.makeFilesPrivate()
        do {
            var command = try parseAsRoot()
            if var waiting = command as? any AsyncParsableCommand {
                try await waiting.run()
            } else {
                try command.run()
            }
            try Failure.flushed()
        } catch let error as ValidationError {
            // What is wrong, without the usage of the whole program.
            StandardError.print("spendfuse: \(error.message)")
            exit(withError: ExitCode.validationFailure)
        } catch {
            exit(withError: error)
        }
    }
}
