internal import Hummingbird
internal import NIOCore

/// What is known of a request beside its words.
struct AdminContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// Where it comes from, without the port.
    let address: String

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        address = source.channel.remoteAddress?.ipAddress ?? "unknown"
    }
}
