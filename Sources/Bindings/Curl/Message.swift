internal import CCurl

/// A single message that is sent by HTTP or by mail and waited for; owns a CURL easy handle.
///
/// Owner: whichever thread calls `send`, which waits in it.
package final class Message {
    package struct Reply: Sendable {
        /// Of HTTP; zero of mail.
        package let status: Int
    }

    private let handle: UnsafeMutableRawPointer
    /// What is sent, and how much of it libcurl has taken.
    fileprivate var body: [UInt8] = []
    fileprivate var sentBytes = 0
    /// What the other side has answered, where that is wanted, and how much more of it is taken.
    fileprivate var answer: [UInt8] = []
    fileprivate var answerRoom = 0
    private var headers: HeaderList?
    private var recipients: HeaderList?

    /// `protocols`: those that the URL may have, such as `"https"`.
    package init(
        url: String, protocols: String, timeoutMilliseconds: Int, certificateFile: String?
    ) throws(CurlError) {
        guard let handle = curl_easy_init() else { throw .outOfMemory }
        self.handle = handle
        sf_easy_set_string(handle, CURLOPT_URL, url)
        sf_easy_set_string(handle, CURLOPT_PROTOCOLS_STR, protocols)
        sf_easy_set_long(handle, CURLOPT_FOLLOWLOCATION, 0)
        sf_easy_set_string(handle, CURLOPT_PROXY, "")
        sf_easy_set_long(handle, CURLOPT_NETRC, CLong(CURL_NETRC_IGNORED.rawValue))
        sf_easy_set_long(handle, CURLOPT_NOSIGNAL, 1)
        sf_easy_set_long(handle, CURLOPT_SSL_VERIFYPEER, 1)
        sf_easy_set_long(handle, CURLOPT_SSL_VERIFYHOST, 2)
        sf_easy_set_long(handle, CURLOPT_TIMEOUT_MS, timeoutMilliseconds)
        sf_easy_set_long(handle, CURLOPT_CONNECTTIMEOUT_MS, timeoutMilliseconds)
        sf_easy_set_data_callback(handle, CURLOPT_WRITEFUNCTION, messageReply)
        if let certificateFile {
            sf_easy_set_string(handle, CURLOPT_CAINFO, certificateFile)
        }
    }

    deinit { curl_easy_cleanup(handle) }

    /// An HTTP POST. CURLOPT_COPYPOSTFIELDS takes a copy of the body.
    package func post(_ bytes: [UInt8], headers lines: [String]) throws(CurlError) -> Reply {
        let list = try HeaderList(lines + ["Expect:"])
        headers = list
        sf_easy_set_headers(handle, list.list)
        sf_easy_set_long(handle, CURLOPT_POST, 1)
        sf_easy_set_offset(handle, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(bytes.count))
        var copy = bytes
        copy.withUnsafeMutableBytes { buffer in
            _ = sf_easy_set_pointer(handle, CURLOPT_COPYPOSTFIELDS, buffer.baseAddress)
        }
        return try perform()
    }

    /// An HTTP GET, and the body of its answer; one that is longer than the bound ends it.
    package func get(
        headers lines: [String], maximumBytes: Int
    ) throws(CurlError) -> (reply: Reply, body: [UInt8]) {
        let list = try HeaderList(lines)
        headers = list
        sf_easy_set_headers(handle, list.list)
        answer = []
        answerRoom = maximumBytes
        sf_easy_set_data_callback(handle, CURLOPT_WRITEFUNCTION, messageAnswer)
        // libcurl hands this pointer back while `perform` waits, in which this object is kept.
        sf_easy_set_pointer(
            handle, CURLOPT_WRITEDATA, Unmanaged.passUnretained(self).toOpaque())
        return (try perform(), answer)
    }

    package struct Login: Sendable {
        let user: String
        let password: String

        package init(user: String, password: String) {
            self.user = user
            self.password = password
        }
    }

    /// A mail. With a login the connection must be encrypted before anything is said of it.
    /// CURLOPT_MAIL_FROM, CURLOPT_MAIL_RCPT, CURLOPT_UPLOAD, CURLOPT_USE_SSL.
    package func mail(
        _ bytes: [UInt8], from: String, to addresses: [String], login: Login?
    ) throws(CurlError) -> Reply {
        body = bytes
        sentBytes = 0
        let list = try HeaderList(addresses)
        recipients = list
        sf_easy_set_string(handle, CURLOPT_MAIL_FROM, from)
        sf_easy_set_recipients(handle, list.list)
        sf_easy_set_long(handle, CURLOPT_UPLOAD, 1)
        let encryption = login == nil ? CURLUSESSL_TRY : CURLUSESSL_ALL
        sf_easy_set_long(handle, CURLOPT_USE_SSL, CLong(encryption.rawValue))
        if let login {
            sf_easy_set_string(handle, CURLOPT_USERNAME, login.user)
            sf_easy_set_string(handle, CURLOPT_PASSWORD, login.password)
        }
        sf_easy_set_data_callback(handle, CURLOPT_READFUNCTION, messageBody)
        // libcurl hands this pointer back while `perform` waits, in which this object is kept.
        sf_easy_set_pointer(
            handle, CURLOPT_READDATA, Unmanaged.passUnretained(self).toOpaque())
        return try perform()
    }

    private func perform() throws(CurlError) -> Reply {
        let code = curl_easy_perform(handle)
        guard code == CURLE_OK else { throw CurlError(code) }
        var status: CLong = 0
        sf_easy_get_long(handle, CURLINFO_RESPONSE_CODE, &status)
        return Reply(status: status)
    }
}

/// What the other side answers is not kept: CURLOPT_WRITEFUNCTION.
private func messageReply(
    _ buffer: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int,
    _ user: UnsafeMutableRawPointer?
) -> Int { size * count }

/// What the other side answers; fewer bytes than it has end the transfer: CURLOPT_WRITEFUNCTION.
private func messageAnswer(
    _ buffer: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int,
    _ user: UnsafeMutableRawPointer?
) -> Int {
    guard let buffer, let user else { return 0 }
    let message = Unmanaged<Message>.fromOpaque(user).takeUnretainedValue()
    let bytes = UnsafeRawBufferPointer(start: buffer, count: size * count)
    guard bytes.count <= message.answerRoom else { return 0 }
    message.answerRoom -= bytes.count
    message.answer.append(contentsOf: bytes)
    return bytes.count
}

/// The next bytes of a mail: CURLOPT_READFUNCTION.
private func messageBody(
    _ buffer: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int,
    _ user: UnsafeMutableRawPointer?
) -> Int {
    guard let buffer, let user else { return 0 }
    let message = Unmanaged<Message>.fromOpaque(user).takeUnretainedValue()
    let taken = min(size * count, message.body.count - message.sentBytes)
    message.body.withUnsafeBytes { bytes in
        guard let start = bytes.baseAddress, taken > 0 else { return }
        UnsafeMutableRawPointer(buffer).copyMemory(
            from: start.advanced(by: message.sentBytes), byteCount: taken)
    }
    message.sentBytes += taken
    return taken
}
