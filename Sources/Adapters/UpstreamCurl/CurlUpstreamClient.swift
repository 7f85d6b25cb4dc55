package import Gateway
internal import Linux
internal import Synchronization

/// Exchanges with upstreams through libcurl, on one thread of its own for one event loop.
///
/// This is the front that other threads use: it leaves commands for the driver and wakes it.
package final class CurlUpstreamClient: UpstreamClient {
    enum Command: Sendable {
        case start(UpstreamRequest, ExchangeAddress)
        case cancel(ExchangeAddress)
        case pause(ExchangeAddress)
        case resume(ExchangeAddress)
        case acknowledge(Int, ExchangeAddress)
        case stop
    }

    private struct Inbox {
        var commands: [Command] = []
        /// The driver was woken and has not emptied the inbox since.
        var isWakePending = false
    }

    private let inbox = Mutex(Inbox())
    private let wakeUp: WakeUp

    /// Starts the driver's thread. It posts what happens to `mailbox`.
    package init(name: String, settings: UpstreamSettings, mailbox: any EventMailbox) throws {
        let wakeUp = try WakeUp()
        self.wakeUp = wakeUp
        try SystemThread.start(name: name) { [self] in
            do {
                let driver = try CurlDriver(settings: settings, mailbox: mailbox, wakeUp: wakeUp)
                driver.run { self.takeCommands() }
            } catch {
                fatalError("libcurl's driver could not start: \(error)")
            }
        }
    }

    private func takeCommands() -> [Command] {
        inbox.withLock { inbox in
            inbox.isWakePending = false
            defer { inbox.commands.removeAll(keepingCapacity: true) }
            return inbox.commands
        }
    }

    private func post(_ command: Command) {
        let mustWake = inbox.withLock { inbox in
            inbox.commands.append(command)
            defer { inbox.isWakePending = true }
            return !inbox.isWakePending
        }
        if mustWake { wakeUp.signal() }
    }

    package func start(_ request: UpstreamRequest, for address: ExchangeAddress) {
        post(.start(request, address))
    }

    package func cancel(_ address: ExchangeAddress) { post(.cancel(address)) }
    package func pause(_ address: ExchangeAddress) { post(.pause(address)) }
    package func resume(_ address: ExchangeAddress) { post(.resume(address)) }

    package func acknowledge(_ bytes: Int, of address: ExchangeAddress) {
        post(.acknowledge(bytes, address))
    }

    /// Ends all exchanges and the thread.
    package func stop() { post(.stop) }
}
