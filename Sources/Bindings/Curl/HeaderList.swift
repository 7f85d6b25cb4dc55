internal import CCurl

/// Header lines of a request, `Name: value` each; owns a curl_slist.
/// See https://curl.se/libcurl/c/curl_slist_append.html.
package final class HeaderList {
    private(set) var list: UnsafeMutablePointer<curl_slist>?

    package init(_ lines: [String]) throws(CurlError) {
        for line in lines { try append(line) }
    }

    deinit { curl_slist_free_all(list) }

    private func append(_ line: String) throws(CurlError) {
        guard let longer = curl_slist_append(list, line) else {
            throw .outOfMemory
        }
        list = longer
    }
}
