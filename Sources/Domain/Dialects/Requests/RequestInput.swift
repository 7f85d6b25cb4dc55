/// A request, as far as its cost is concerned.
package struct RequestInput: Sendable {
    package let body: [UInt8]
    package let contentType: String?
    /// Without the question mark.
    package let query: String?
    /// The model that the path names.
    package let pathModel: String?
    package let path: String

    package init(
        body: [UInt8], contentType: String?, query: String?, pathModel: String?, path: String
    ) {
        self.body = body
        self.contentType = contentType
        self.query = query
        self.pathModel = pathModel
        self.path = path
    }

    /// The first value of `name` in the query, where it needs no decoding.
    func queryValue(_ name: Substring) -> String? {
        for pair in query?.split(separator: "&") ?? [] {
            let parts = pair.split(separator: "=", maxSplits: 1)
            if parts.count == 2, parts[0] == name, !parts[1].contains("%") {
                return String(parts[1])
            }
        }
        return nil
    }

    /// The boundary between the parts of a form; nil where the body is none.
    var formBoundary: String? {
        guard let contentType, contentType.lowercased().hasPrefix("multipart/form-data") else {
            return nil
        }
        guard let start = contentType.range(ofLowercased: "boundary=") else { return nil }
        var boundary = contentType[start...].prefix { $0 != ";" }
        while boundary.last == " " { boundary.removeLast() }
        if boundary.hasPrefix("\""), boundary.hasSuffix("\""), boundary.count > 1 {
            boundary = boundary.dropFirst().dropLast()
        }
        return boundary.isEmpty ? nil : String(boundary)
    }
}

extension String {
    /// The place behind `word`, whatever its case.
    fileprivate func range(ofLowercased word: String) -> String.Index? {
        var start = startIndex
        while start < endIndex {
            if self[start...].prefix(word.count).lowercased() == word {
                return index(start, offsetBy: word.count)
            }
            start = index(after: start)
        }
        return nil
    }
}
