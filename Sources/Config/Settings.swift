package import AlertDelivery
package import Gateway
package import Inbound

/// Everything that can be configured, checked and complete.
///
/// Precedence: flags, environment, file, defaults. `config/example.yaml` explains each key.
package struct Settings: Sendable {
    package enum LogFormat: String, CaseIterable, Sendable { case text, json }

    /// `listen` · HOST:PORT of the data plane.
    package var listen: HostPort
    /// `admin` · HOST:PORT of health, metrics and dashboard.
    package var admin: HostPort
    /// `state` · directory of the ledger.
    package var state: String
    /// `database.url` · the shared store; nil: the embedded one alone.
    package var databaseURL: Secret?
    /// `pricing` · directory of price sheets.
    package var pricing: String
    /// `auth.mode`; keys are forced where `listen` is not loopback.
    package var authMode: KeyRing.Mode
    /// `auth.default_user` · who pays when nothing says otherwise, in pass-through mode.
    package var defaultUser: String
    /// `auth.admin_key` · what opens the dashboard; nil: the key in the state directory.
    package var adminKey: Secret?
    /// `demo` · whether the built-in upstream answers at /demo.
    package var demo: Bool
    /// `certificates` · file of certificates to trust instead of the system's.
    package var certificateFile: String?
    /// `upstreams`, by name.
    package var upstreams: [Upstream]
    /// `alerts`: where alerts go.
    package var channels: [AlertChannel]
    /// `limits`.
    package var limits: InboundSettings
    /// `log.level` and `log.format`.
    package var logLevel: String
    package var logFormat: LogFormat
    /// Where each value comes from: its key, its text with secrets redacted, its origin.
    package var origins: [Origin]

    package struct Origin: Sendable {
        package let key: String
        package let value: String
        package let origin: String
    }
}
