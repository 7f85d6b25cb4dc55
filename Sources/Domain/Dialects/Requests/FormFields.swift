/// The plain fields of a `multipart/form-data` body, and whether it carries files.
///
/// Source: RFC 7578.
struct FormFields: Sendable {
    /// Longer values are no names of models; more fields than any operation has.
    private static let maximumValueBytes = 256
    private static let maximumParts = 64

    private(set) var values: [String: String] = [:]
    /// The content of the one file that is called `file`; nil for several of any name.
    var file: Range<Int>? { files.count == 1 ? files["file"] : nil }
    /// Files by the names of their parts.
    private(set) var files: [String: Range<Int>] = [:]

    /// Nil where the body is not made of parts as the boundary says, or a field comes twice.
    init?(_ body: [UInt8], boundary: String) {
        let delimiter = Array("--\(boundary)".utf8)
        var starts: [Int] = []
        var index = 0
        while let found = body.firstPlace(of: delimiter, from: index) {
            starts.append(found)
            index = found + delimiter.count
            guard starts.count <= Self.maximumParts else { return nil }
        }
        guard starts.count >= 2 else { return nil }
        for (start, end) in zip(starts, starts.dropFirst()) {
            guard take(body, (start + delimiter.count)..<end) else { return nil }
        }
    }

    private mutating func take(_ body: [UInt8], _ part: Range<Int>) -> Bool {
        let blankLine = Array("\r\n\r\n".utf8)
        guard let headEnd = body.firstPlace(of: blankLine, from: part.lowerBound),
            headEnd + blankLine.count <= part.upperBound
        else { return false }
        let lines = String(decoding: body[part.lowerBound..<headEnd], as: UTF8.self)
            .split(whereSeparator: \.isNewline)
        guard let head = lines.first(where: { $0.lowercased().hasPrefix("content-disposition:") })
        else { return false }
        let contentStart = headEnd + blankLine.count
        // A line end stands before the next delimiter.
        let content = contentStart..<max(contentStart, part.upperBound - 2)
        guard let name = Self.parameter("name", of: head) else { return false }
        if Self.parameter("filename", of: head) != nil {
            return files.updateValue(content, forKey: name) == nil || name.hasSuffix("[]")
        }
        guard content.count <= Self.maximumValueBytes else { return true }
        let value = String(decoding: body[content], as: UTF8.self)
        if name.hasSuffix("[]") {
            values[name] = values[name] ?? value
            return true
        }
        return values.updateValue(value, forKey: name) == nil
    }

    private static func parameter(_ name: String, of head: Substring) -> String? {
        for word in head.split(separator: ";") {
            let parts = word.split(separator: "=", maxSplits: 1)
            guard parts.count == 2, parts[0].filter({ $0 != " " }).lowercased() == name else {
                continue
            }
            return parts[1].filter { $0 != "\"" }
        }
        return nil
    }
}

extension [UInt8] {
    /// Where `part`, which is not empty, stands first at or behind `start`.
    func firstPlace(of part: [UInt8], from start: Int) -> Int? {
        guard count >= part.count else { return nil }
        let last = count - part.count
        var index = start
        while index <= last {
            if self[index] == part[0] {
                var offset = 1
                while offset < part.count, self[index + offset] == part[offset] { offset += 1 }
                if offset == part.count { return index }
            }
            index += 1
        }
        return nil
    }
}
