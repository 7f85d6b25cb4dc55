internal import CCurl

/// Settings that a proxy must not leave to libcurl's defaults or to the environment. Each setter
/// names its option; https://curl.se/libcurl/c/curl_easy_setopt.html lists them all.
extension Transfer {
    /// CURLOPT_PROTOCOLS_STR and CURLOPT_REDIR_PROTOCOLS_STR, such as `"https"`.
    package func allowProtocols(_ protocols: String) {
        sf_easy_set_string(handle, CURLOPT_PROTOCOLS_STR, protocols)
        sf_easy_set_string(handle, CURLOPT_REDIR_PROTOCOLS_STR, "https")
    }

    /// CURLOPT_FOLLOWLOCATION 0: a redirect would carry x-api-key headers to another host.
    package func followNoRedirects() {
        sf_easy_set_long(handle, CURLOPT_FOLLOWLOCATION, 0)
        sf_easy_set_long(handle, CURLOPT_UNRESTRICTED_AUTH, 0)
    }

    /// CURLOPT_PROXY "" keeps libcurl from reading http_proxy, https_proxy and all_proxy;
    /// CURLOPT_NETRC keeps it from reading credentials of the user's .netrc.
    package func ignoreEnvironment() {
        sf_easy_set_string(handle, CURLOPT_PROXY, "")
        sf_easy_set_long(handle, CURLOPT_NETRC, CLong(CURL_NETRC_IGNORED.rawValue))
    }

    /// CURLOPT_NOSIGNAL: no signal handlers in a process with threads.
    package func useNoSignals() { sf_easy_set_long(handle, CURLOPT_NOSIGNAL, 1) }

    /// CURLOPT_SSL_VERIFYPEER, CURLOPT_SSL_VERIFYHOST, CURLOPT_SSLVERSION: TLS 1.2 or newer.
    package func verifyPeer() {
        sf_easy_set_long(handle, CURLOPT_SSL_VERIFYPEER, 1)
        sf_easy_set_long(handle, CURLOPT_SSL_VERIFYHOST, 2)
        sf_easy_set_long(handle, CURLOPT_SSLVERSION, CLong(CURL_SSLVERSION_TLSv1_2))
    }

    /// CURLOPT_CAINFO: trusts the certificates of this file instead of the system's.
    package func trust(certificateFile: String) {
        sf_easy_set_string(handle, CURLOPT_CAINFO, certificateFile)
    }

    /// CURLOPT_HTTP_VERSION 1.1: TCP gives back-pressure per exchange, and a paused HTTP/2 stream
    /// would buffer up to 10 MB.
    package func useHTTP1() {
        sf_easy_set_long(handle, CURLOPT_HTTP_VERSION, CLong(CURL_HTTP_VERSION_1_1))
        sf_easy_set_long(handle, CURLOPT_HTTP09_ALLOWED, 0)
    }

    /// CURLOPT_CONNECTTIMEOUT_MS.
    package func setConnectTimeout(milliseconds: Int) {
        sf_easy_set_long(handle, CURLOPT_CONNECTTIMEOUT_MS, milliseconds)
    }

    /// CURLOPT_LOW_SPEED_LIMIT (bytes per second) over CURLOPT_LOW_SPEED_TIME (seconds). libcurl
    /// exempts paused transfers, whose deadline is the owner's.
    package func abortBelow(bytesPerSecond: Int, forSeconds seconds: Int) {
        sf_easy_set_long(handle, CURLOPT_LOW_SPEED_LIMIT, bytesPerSecond)
        sf_easy_set_long(handle, CURLOPT_LOW_SPEED_TIME, seconds)
    }

    /// CURLOPT_MAXAGE_CONN and CURLOPT_MAXLIFETIME_CONN, both in seconds.
    package func reuseConnections(idleAtMost idle: Int, livingAtMost lifetime: Int) {
        sf_easy_set_long(handle, CURLOPT_MAXAGE_CONN, idle)
        sf_easy_set_long(handle, CURLOPT_MAXLIFETIME_CONN, lifetime)
    }

    /// CURLOPT_BUFFERSIZE, in bytes.
    package func setReceiveBuffer(bytes: Int) {
        sf_easy_set_long(handle, CURLOPT_BUFFERSIZE, bytes)
    }

    /// CURLOPT_ACCEPT_ENCODING unset: the body reaches the owner as it was sent.
    package func decodeNothing() { sf_easy_set_string(handle, CURLOPT_ACCEPT_ENCODING, nil) }
}
