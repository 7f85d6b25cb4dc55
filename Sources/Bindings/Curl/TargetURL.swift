internal import CCurl

/// A parsed URL; owns a CURLU. Sharing one between transfers to the same address spares libcurl
/// the parse. See https://curl.se/libcurl/c/curl_url_set.html.
package final class TargetURL {
    let handle: OpaquePointer

    /// The URL `text`, or nil where libcurl does not take it for one.
    package init?(_ text: String) {
        guard let handle = curl_url() else { return nil }
        guard curl_url_set(handle, CURLUPART_URL, text, UInt32(CURLU_PATH_AS_IS)) == CURLUE_OK
        else {
            curl_url_cleanup(handle)
            return nil
        }
        self.handle = handle
    }

    deinit { curl_url_cleanup(handle) }
}
