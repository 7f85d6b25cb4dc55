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
    var upload = UploadBody()
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
        sf_easy_set_pointer(handle, CURLOPT_READDATA, me)
        sf_easy_set_pointer(handle, CURLOPT_SEEKDATA, me)
        sf_easy_set_data_callback(handle, CURLOPT_WRITEFUNCTION, transferWrite)
        sf_easy_set_data_callback(handle, CURLOPT_HEADERFUNCTION, transferHeader)
        sf_easy_set_data_callback(handle, CURLOPT_READFUNCTION, transferRead)
        sf_easy_set_seek_callback(handle, transferSeek)
    }

    deinit { curl_easy_cleanup(handle) }

    static func from(_ user: UnsafeMutableRawPointer?) -> Transfer? {
        guard let user else { return nil }
        return Unmanaged<Transfer>.fromOpaque(user).takeUnretainedValue()
    }

    /// Address and header lines of the next exchange. CURLOPT_CURLU, CURLOPT_HTTPHEADER.
    package func prepare(target: TargetURL, headers: HeaderList) {
        self.target = target
        self.headers = headers
        sf_easy_set_url(handle, target.handle)
        sf_easy_set_headers(handle, headers.list)
        upload = UploadBody()
    }

    /// A request without a body. CURLOPT_CUSTOMREQUEST, CURLOPT_HTTPGET, CURLOPT_NOBODY.
    package func sendNoBody(method: String) {
        sf_easy_set_long(handle, CURLOPT_HTTPGET, 1)
        sf_easy_set_long(handle, CURLOPT_NOBODY, method == "HEAD" ? 1 : 0)
        sf_easy_set_string(handle, CURLOPT_CUSTOMREQUEST, method == "GET" ? nil : method)
    }

    /// A request with a body of `length` bytes, or of a length that is not known yet.
    /// CURLOPT_POST with CURLOPT_POSTFIELDSIZE_LARGE; chunked framing where the length is unknown.
    package func sendBody(method: String, length: Int?) {
        sf_easy_set_long(handle, CURLOPT_NOBODY, 0)
        sf_easy_set_long(handle, CURLOPT_POST, 1)
        sf_easy_set_string(handle, CURLOPT_CUSTOMREQUEST, method == "POST" ? nil : method)
        sf_easy_set_offset(handle, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(length ?? -1))
    }

    package func appendBody(_ bytes: [UInt8]) { upload.append(bytes) }

    package func finishBody() { upload.finish() }

    /// Whether libcurl waits for more of the body, so that `resume` is due once there is some.
    package var waitsForBody: Bool { upload.isStarved }

    /// Takes up a paused exchange, in both directions. curl_easy_pause with CURLPAUSE_CONT; may
    /// call the delegate before it returns.
    package func resume() {
        upload.isStarved = false
        curl_easy_pause(handle, CURLPAUSE_CONT)
    }

    /// Lets go of what the last exchange needed.
    package func release() {
        upload = UploadBody()
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
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { return }
        var value = line[(colon + 1)...]
        while let first = value.first, first == 0x20 || first == 0x09 { value.removeFirst() }
        delegate.transferReceived(
            headerName: String(decoding: line[..<colon], as: UTF8.self),
            value: String(decoding: value, as: UTF8.self))
    }

    /// Bytes of the request's body that went out. CURLINFO_SIZE_UPLOAD_T.
    package var uploadedBytes: Int {
        var count: curl_off_t = 0
        sf_easy_get_offset(handle, CURLINFO_SIZE_UPLOAD_T, &count)
        return Int(count)
    }

    /// Bytes of request heads that went out. CURLINFO_REQUEST_SIZE.
    package var sentHeadBytes: Int {
        var count: CLong = 0
        sf_easy_get_long(handle, CURLINFO_REQUEST_SIZE, &count)
        return count
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

/// Body of the request: CURLOPT_READFUNCTION.
private func transferRead(
    _ buffer: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int,
    _ user: UnsafeMutableRawPointer?
) -> Int {
    guard let buffer, let transfer = Transfer.from(user) else { return Int(CURL_READFUNC_ABORT) }
    return transfer.upload.read(into: buffer, capacity: size * count) ?? Int(CURL_READFUNC_PAUSE)
}

/// Refuses every rewind: CURLOPT_SEEKFUNCTION. See `UploadBody`.
private func transferSeek(
    _ user: UnsafeMutableRawPointer?, _ offset: curl_off_t, _ origin: CInt
) -> CInt {
    CURL_SEEKFUNC_FAIL
}
