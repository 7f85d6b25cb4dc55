internal import App
internal import ArgumentParser
internal import Logging

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Runs the proxy until SIGTERM.",
        discussion: """
            Examples:
              spendfuse serve
              spendfuse serve --demo --listen 127.0.0.1:8080
            """)

    @OptionGroup var shared: SharedOptions

    @Option(name: .long, help: "HOST:PORT of the data plane; port 0 picks a free one.")
    var listen: String?

    @Option(name: .long, help: "HOST:PORT of health and metrics.")
    var admin: String?

    @Flag(name: .long, help: "Adds the built-in upstream at /demo, which needs no key.")
    var demo = false

    func run() async throws {
        var flags: [String: String] = [:]
        flags["listen"] = listen
        flags["admin"] = admin
        if demo { flags["demo"] = "true" }
        let settings = try shared.settings(flags)
        let logger = LogOutput.logger(settings)
        do {
            try await GatewayProcess(settings: settings, logger: logger).run()
        } catch {
            StandardError.print("spendfuse: \(error)")
            throw ExitCode.failure
        }
    }
}
