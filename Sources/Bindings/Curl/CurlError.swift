internal import CCurl

/// A result code of libcurl that is not success; https://curl.se/libcurl/c/libcurl-errors.html.
package struct CurlError: Error, Hashable, CustomStringConvertible {
    package let code: UInt32

    init(_ code: CURLcode) { self.code = code.rawValue }

    package static let couldNotResolve = CurlError(CURLE_COULDNT_RESOLVE_HOST)
    package static let couldNotConnect = CurlError(CURLE_COULDNT_CONNECT)
    package static let tlsConnectFailed = CurlError(CURLE_SSL_CONNECT_ERROR)
    package static let peerNotTrusted = CurlError(CURLE_PEER_FAILED_VERIFICATION)
    package static let badCertificateFile = CurlError(CURLE_SSL_CACERT_BADFILE)
    package static let timedOut = CurlError(CURLE_OPERATION_TIMEDOUT)
    /// libcurl wanted to send the request a second time, which the transfer refuses.
    package static let refusedToRepeat = CurlError(CURLE_ABORTED_BY_CALLBACK)
    package static let outOfMemory = CurlError(CURLE_OUT_OF_MEMORY)

    package var description: String {
        if self == .refusedToRepeat {
            return "the reused connection died after the request was sent (libcurl error \(code))"
        }
        let text = String(cString: curl_easy_strerror(CURLcode(rawValue: code)))
        return "\(text) (libcurl error \(code))"
    }
}
