internal import CCurl
internal import Glibc

/// What libcurl wants to be told about a socket.
package struct SocketInterest: OptionSet, Sendable {
    package let rawValue: CInt
    package init(rawValue: CInt) { self.rawValue = rawValue }
    package static let readable = SocketInterest(rawValue: CURL_POLL_IN)
    package static let writable = SocketInterest(rawValue: CURL_POLL_OUT)
}

/// Asks the owner of a `TransferMulti` to watch sockets and a clock, on the multi's thread.
package protocol TransferMultiDelegate: AnyObject {
    /// An empty interest means that the socket is watched no more.
    func multiWants(_ interest: SocketInterest, on socket: CInt)
    /// libcurl opened a socket for a connection; it has others, which say nothing when they close.
    func multiOpens(_ socket: CInt)
    /// libcurl closes the socket, so its number can soon belong to another.
    func multiCloses(_ socket: CInt)
    /// `actOnTimeout` is due in so many milliseconds; nil: there is no deadline. Must only take
    /// a note of it, as libcurl forbids calls from here.
    func multiWantsTimeout(milliseconds: Int?)
}

/// Many transfers on one thread; owns a CURLM. See https://curl.se/libcurl/c/libcurl-multi.html.
///
/// Owner: one thread, for life. Transfers are removed before they go away.
package final class TransferMulti {
    package struct Finished {
        package let transfer: Transfer
        /// Nil: the exchange ended as HTTP says.
        package let error: CurlError?
    }

    private let handle: UnsafeMutableRawPointer
    fileprivate weak var delegate: (any TransferMultiDelegate)?

    /// `maximumIdleConnections`: CURLMOPT_MAXCONNECTS.
    package init(
        delegate: any TransferMultiDelegate, maximumIdleConnections: Int
    ) throws(CurlError) {
        curl_global_init(CLong(CURL_GLOBAL_DEFAULT))  // Thread-safe and repeatable since 7.84.
        guard let handle = curl_multi_init() else { throw .outOfMemory }
        self.handle = handle
        self.delegate = delegate
        let me = Unmanaged.passUnretained(self).toOpaque()  // `deinit` ends the callbacks.
        sf_multi_set_pointer(handle, CURLMOPT_SOCKETDATA, me)
        sf_multi_set_pointer(handle, CURLMOPT_TIMERDATA, me)
        sf_multi_set_socket_callback(handle, multiSocket)
        sf_multi_set_timer_callback(handle, multiTimer)
        sf_multi_set_long(handle, CURLMOPT_MAXCONNECTS, maximumIdleConnections)
        sf_multi_set_long(handle, CURLMOPT_PIPELINING, CLong(CURLPIPE_NOTHING))
    }

    deinit {
        delegate = nil
        curl_multi_cleanup(handle)
    }

    static func from(_ user: UnsafeMutableRawPointer?) -> TransferMulti? {
        guard let user else { return nil }
        return Unmanaged<TransferMulti>.fromOpaque(user).takeUnretainedValue()
    }

    package func add(_ transfer: Transfer) { curl_multi_add_handle(handle, transfer.handle) }

    /// Makes connections that this transfer opens tell the multi when they open and close, which
    /// libcurl does not say of connections that rest. CURLOPT_OPENSOCKETFUNCTION and
    /// CURLOPT_CLOSESOCKETFUNCTION; a connection keeps the multi's address, and the multi outlives
    /// all its connections.
    package func watchSockets(of transfer: Transfer) {
        sf_easy_set_open_callback(transfer.handle, multiOpen)
        sf_easy_set_pointer(
            transfer.handle, CURLOPT_OPENSOCKETDATA, Unmanaged.passUnretained(self).toOpaque())
        sf_easy_set_close_callback(transfer.handle, multiClose)
        sf_easy_set_pointer(
            transfer.handle, CURLOPT_CLOSESOCKETDATA, Unmanaged.passUnretained(self).toOpaque())
    }

    /// Ends the exchange at once if it still runs; its connection is closed then.
    package func remove(_ transfer: Transfer) {
        curl_multi_remove_handle(handle, transfer.handle)
    }

    /// Lets libcurl work on a socket that is ready. curl_multi_socket_action.
    package func act(on socket: CInt, readable: Bool, writable: Bool, failed: Bool) {
        var mask: CInt = 0
        if readable { mask |= CURL_CSELECT_IN }
        if writable { mask |= CURL_CSELECT_OUT }
        if failed { mask |= CURL_CSELECT_ERR }
        var running: CInt = 0
        curl_multi_socket_action(handle, socket, mask, &running)
    }

    /// Lets libcurl work on what its deadline was for. curl_multi_socket_action.
    package func actOnTimeout() {
        var running: CInt = 0
        curl_multi_socket_action(handle, CURL_SOCKET_TIMEOUT, 0, &running)
    }

    /// The next transfer that ended; it is still in the multi. curl_multi_info_read.
    package func nextFinished() -> Finished? {
        var remaining: CInt = 0
        while let message = curl_multi_info_read(handle, &remaining) {
            guard message.pointee.msg == CURLMSG_DONE else { continue }
            var user: UnsafeMutableRawPointer?
            sf_easy_get_private(message.pointee.easy_handle, &user)
            guard let transfer = Transfer.from(user) else { continue }
            let code = sf_message_result(message)
            return Finished(transfer: transfer, error: code == CURLE_OK ? nil : CurlError(code))
        }
        return nil
    }
}

/// CURLMOPT_SOCKETFUNCTION.
private func multiSocket(
    _ easy: UnsafeMutableRawPointer?, _ socket: curl_socket_t, _ what: CInt,
    _ user: UnsafeMutableRawPointer?, _ socketData: UnsafeMutableRawPointer?
) -> CInt {
    let interest = what == CURL_POLL_REMOVE ? [] : SocketInterest(rawValue: what & CURL_POLL_INOUT)
    TransferMulti.from(user)?.delegate?.multiWants(interest, on: socket)
    return 0
}

/// CURLMOPT_TIMERFUNCTION.
private func multiTimer(
    _ multi: UnsafeMutableRawPointer?, _ milliseconds: CLong, _ user: UnsafeMutableRawPointer?
) -> CInt {
    TransferMulti.from(user)?.delegate?.multiWantsTimeout(
        milliseconds: milliseconds < 0 ? nil : milliseconds)
    return 0
}

/// CURLOPT_CLOSESOCKETFUNCTION.
private func multiClose(_ user: UnsafeMutableRawPointer?, _ socket: curl_socket_t) -> CInt {
    TransferMulti.from(user)?.delegate?.multiCloses(socket)
    return close(socket)
}

/// CURLOPT_OPENSOCKETFUNCTION.
private func multiOpen(
    _ user: UnsafeMutableRawPointer?, _ purpose: curlsocktype,
    _ address: UnsafeMutablePointer<curl_sockaddr>?
) -> curl_socket_t {
    guard let address = address?.pointee else { return -1 }
    let type = address.socktype | CInt(SOCK_CLOEXEC.rawValue)
    let opened = socket(address.family, type, address.protocol)
    if opened >= 0 { TransferMulti.from(user)?.delegate?.multiOpens(opened) }
    return opened
}
