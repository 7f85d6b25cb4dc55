internal import Admin
internal import Config
internal import Gateway
internal import Hummingbird
internal import Logging
internal import ServiceLifecycle
internal import Synchronization

/// The admin listener as a service.
struct AdminPlane: Service {
    let settings: Settings
    let services: GatewayServices
    let plane: DataPlane
    /// Nil where this gateway shares no store.
    let sharing: SharedStoreWorker?
    let logger: Logger

    func run() async throws {
        let host = settings.admin.host
        let sources = AdminSources(
            unreadyReason: { [plane, services] in
                if plane.isStopping { return "stopping" }
                return services.bookkeeper.isAdmitting ? nil : "the ledger cannot be written"
            },
            remark: { [sharing] in
                guard sharing?.isAway.load(ordering: .relaxed) == true else { return nil }
                return "the shared store is away: hard limits hold by their on_store_outage policy,"
                    + " rows wait in the local ledger"
            },
            metrics: { [services, sharing] in
                BudgetMetrics.text(
                    of: services.bookkeeper, undelivered: sharing?.undeliveredEntries)
            })
        let application = AdminServer.application(
            host: host, port: settings.admin.port, sources: sources, logger: logger
        ) { port in
            let shown = host.contains(":") ? "[\(host)]" : host
            StandardError.print("listening on http://\(shown):\(port)")
        }
        do {
            try await application.run()
        } catch {
            throw StartFailure(error, listening: "admin", on: "\(settings.admin)")
        }
    }
}
