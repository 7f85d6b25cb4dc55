internal import Admin
internal import Config
internal import Gateway
internal import Hummingbird
internal import Logging
internal import ServiceLifecycle
internal import Stores
internal import Synchronization
internal import ZoneDatabase

/// The admin listener as a service.
struct AdminPlane: Service {
    let settings: Settings
    let services: GatewayServices
    let plane: DataPlane
    /// Nil where this gateway shares no store.
    let sharing: SharedStoreWorker?
    let store: any SpendStore
    let logger: Logger

    func run() async throws {
        let host = settings.admin.host
        do {
            let application = try AdminServer.application(
                host: host, port: settings.admin.port, isLoopback: settings.admin.isLoopback,
                sources: sources, credentials: try credentials, logger: logger
            ) { port in
                let shown = host.contains(":") ? "[\(host)]" : host
                StandardError.print("listening on http://\(shown):\(port)")
                StandardError.print(
                    "the dashboard is there; 'spendfuse key admin' prints what opens it")
            }
            try await application.run()
        } catch let failure as KeyVault.Failure {
            throw StartFailure("\(failure)")
        } catch {
            throw StartFailure(error, listening: "admin", on: "\(settings.admin)")
        }
    }

    private var credentials: AdminCredentials {
        get throws {
            let ring: @Sendable () -> KeyRing = { [services] in services.books.keyRing }
            return AdminCredentials(
                adminKey: try settings.adminKey?.revealed ?? KeyVault.adminKey(in: settings.state),
                digest: { ring().digest(of: $0) }, gatewayKey: { ring().key(of: $0) },
                keyDigest: { ring().digest(ofKey: $0) })
        }
    }

    private var sources: AdminSources {
        AdminSources(
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
                BudgetMetrics.text(of: services, undelivered: sharing?.undeliveredEntries)
            },
            store: store, prices: { [services] in services.books.prices },
            clock: services.clock, zones: SystemZones(),
            settings: settings.origins.map { ($0.key, $0.value, $0.origin) })
    }
}
