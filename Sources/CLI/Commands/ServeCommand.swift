internal import App
internal import ArgumentParser
internal import Logging

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Runs the proxy until SIGTERM.",
        discussion: """
            A client's base URL becomes http://HOST:PORT/UPSTREAM/v1, such as /openai/v1 or, \
            without any key, /demo/v1 with --demo.
            Headers that say whose a call is: x-spendfuse-user, x-spendfuse-project, \
            x-spendfuse-session, x-spendfuse-tags (team=web,env=prod). Each reply has \
            x-spendfuse-call-id, and one that is not streamed x-spendfuse-cost-usd.
            Environment: SPENDFUSE_CONFIG, SPENDFUSE_LISTEN, SPENDFUSE_ADMIN, SPENDFUSE_STATE.
            Examples:
              spendfuse serve
              spendfuse serve --demo --listen 127.0.0.1:8080
            """)

    @OptionGroup var shared: SharedOptions

    @Option(name: .long, help: "HOST:PORT of the data plane; port 0 picks a free one.")
    var listen: String?

    @Option(name: .long, help: "HOST:PORT of the dashboard, health and metrics.")
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
