internal import CCurl

/// What a transfer tells its owner, on the thread that drives it.
package protocol TransferDelegate: AnyObject {
    /// A status line: the head of a reply begins, an interim or the final one.
    func transferBeganHead()
    func transferReceived(headerName: String, value: String)
    /// The empty line behind a head, or behind trailers.
    func transferEndedHead(status: Int)
    func transferReceived(body: [UInt8])
}

/// One HTTP exchange of libcurl; owns a CURL easy handle.
///
/// Owner: the thread of the `TransferMulti` that it is added to. Settings stay between exchanges,
/// as a configured handle is the cheapest to use again.
package final class Transfer {
    let handle: UnsafeMutableRawPointer
    package weak var delegate: (any TransferDelegate)?
    /// The request's body; libcurl reads it in place until the exchange ends.
    private var body: UnsafeMutableBufferPointer<UInt8>?
    /// Whether libcurl has been let to send the request, so that some of it may have left.
    package fileprivate(set) var hasBegunSending = false
    /// While true, libcurl keeps what arrives and gives it again after `resume`.
    package var pausesBody = false
    /// The handle reads these until the exchange ends.
    private var headers: HeaderList?
    private var target: TargetURL?

    package init() throws(CurlError) {
        guard let handle = curl_easy_init() else { throw .outOfMemory }
        self.handle = handle
        // libcurl hands this pointer back in callbacks, which only run while the transfer is in a
        // multi, and the multi's owner keeps the transfer alive for that long.
        let me = Unmanaged.passUnretained(self).toOpaque()
        sf_easy_set_pointer(handle, CURLOPT_PRIVATE, me)
        sf_easy_set_pointer(handle, CURLOPT_WRITEDATA, me)
        sf_easy_set_pointer(handle, CURLOPT_HEADERDATA, me)
        sf_easy_set_pointer(handle, CURLOPT_PREREQDATA, me)
        sf_easy_set_data_callback(handle, CURLOPT_WRITEFUNCTION, transferWrite)
        sf_easy_set_data_callback(handle, CURLOPT_HEADERFUNCTION, transferHeader)
        sf_easy_set_prerequest_callback(handle, transferPrerequest)
    }

    deinit {
        curl_easy_cleanup(handle)
        body?.deallocate()
    }

    static func from(_ user: UnsafeMutableRawPointer?) -> Transfer? {
        guard let user else { return nil }
        return Unmanaged<Transfer>.fromOpaque(user).takeUnretainedValue()
    }

    /// Address and header lines of the next exchange. CURLOPT_CURLU, CURLOPT_HTTPHEADER.
    package func prepare(target: TargetURL, headers: HeaderList) {
        self.target = target
        self.headers = headers
        hasBegunSending = false
        sf_easy_set_url(handle, target.handle)
        sf_easy_set_headers(handle, headers.list)
    }

    /// A request without a body. CURLOPT_CUSTOMREQUEST, CURLOPT_HTTPGET, CURLOPT_NOBODY.
    package func sendNoBody(method: String) {
        sf_easy_set_long(handle, CURLOPT_HTTPGET, 1)
        sf_easy_set_long(handle, CURLOPT_NOBODY, method == "HEAD" ? 1 : 0)
        sf_easy_set_string(handle, CURLOPT_CUSTOMREQUEST, method == "GET" ? nil : method)
    }

    /// A request with a body. CURLOPT_POSTFIELDS with CURLOPT_POSTFIELDSIZE_LARGE: a small body
    /// leaves with the head in one system call.
    package func sendBody(method: String, _ bytes: [UInt8]) {
        let copy = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: max(1, bytes.count))
        _ = copy.initialize(from: bytes)
        body?.deallocate()
        body = copy
        sf_easy_set_long(handle, CURLOPT_NOBODY, 0)
        sf_easy_set_long(handle, CURLOPT_POST, 1)
        sf_easy_set_string(handle, CURLOPT_CUSTOMREQUEST, method == "POST" ? nil : method)
        sf_easy_set_offset(handle, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(bytes.count))
        sf_easy_set_pointer(handle, CURLOPT_POSTFIELDS, copy.baseAddress)
    }

    /// Takes up a paused exchange. curl_easy_pause with CURLPAUSE_CONT; may
    /// call the delegate before it returns.
    package func resume() {
        curl_easy_pause(handle, CURLPAUSE_CONT)
    }

    /// Lets go of what the last exchange needed.
    package func release() {
        sf_easy_set_pointer(handle, CURLOPT_POSTFIELDS, nil)
        body?.deallocate()
        body = nil
        delegate = nil
        pausesBody = false
    }

    /// CURLINFO_RESPONSE_CODE.
    private var status: Int {
        var status: CLong = 0
        sf_easy_get_long(handle, CURLINFO_RESPONSE_CODE, &status)
        return status
    }

    /// Takes one header line apart. The status line comes first, an empty line last.
    fileprivate func tell(_ delegate: any TransferDelegate, headerLine: UnsafeRawBufferPointer) {
        var line = headerLine[...]
        while let last = line.last, last == 0x0A || last == 0x0D { line.removeLast() }
        if line.isEmpty { return delegate.transferEndedHead(status: status) }
        if line.starts(with: "HTTP/".utf8) { return delegate.transferBeganHead() }
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > line.startIndex else {
            return
        }
        var value = line[(colon + 1)...]
        // A name or value that two parsers could read differently is not passed on.
        guard line[..<colon].allSatisfy({ $0 > 0x20 && $0 < 0x7F }),
            value.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 })
        else { return }
        while let first = value.first, first == 0x20 || first == 0x09 { value.removeFirst() }
        delegate.transferReceived(
            headerName: String(decoding: line[..<colon], as: UTF8.self),
            value: String(decoding: value, as: UTF8.self))
    }

}

/// Body of the answer: CURLOPT_WRITEFUNCTION.
private func transferWrite(
    _ buffer: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int,
    _ user: UnsafeMutableRawPointer?
) -> Int {
    guard let buffer, let transfer = Transfer.from(user), let delegate = transfer.delegate else {
        return 0
    }
    if transfer.pausesBody { return Int(CURL_WRITEFUNC_PAUSE) }
    let bytes = UnsafeRawBufferPointer(start: buffer, count: size * count)
    delegate.transferReceived(body: [UInt8](bytes))
    return bytes.count
}

/// One header line: CURLOPT_HEADERFUNCTION.
private func transferHeader(
    _ buffer: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int,
    _ user: UnsafeMutableRawPointer?
) -> Int {
    guard let buffer, let transfer = Transfer.from(user), let delegate = transfer.delegate else {
        return 0
    }
    let bytes = UnsafeRawBufferPointer(start: buffer, count: size * count)
    transfer.tell(delegate, headerLine: bytes)
    return bytes.count
}

/// A request is about to be sent: CURLOPT_PREREQFUNCTION.
///
/// libcurl sends a request a second time by itself when a reused connection dies before the first
/// byte of the answer, and a provider may have charged the first one. It asks here before each
/// sending, and gets a yes once: one transfer is one request.
private func transferPrerequest(
    _ user: UnsafeMutableRawPointer?, _ primaryIP: UnsafeMutablePointer<CChar>?,
    _ localIP: UnsafeMutablePointer<CChar>?, _ primaryPort: CInt, _ localPort: CInt
) -> CInt {
    guard let transfer = Transfer.from(user), !transfer.hasBegunSending else {
        return CURL_PREREQFUNC_ABORT
    }
    transfer.hasBegunSending = true
    return CURL_PREREQFUNC_OK
}
