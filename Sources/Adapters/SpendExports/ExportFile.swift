internal import Foundation
internal import SwiftCSV

/// Why a file of another program cannot be read.
package struct ExportProblem: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}

/// A file that another program exported: JSON, JSON lines, or a table.
package enum ExportFile: Sendable {
    case json(JSONDocument)
    /// Rows by the names of the columns, in lower case.
    case table([[String: String]])

    /// Larger files are split first; all of it is in memory at once.
    private static let maximumBytes = 512 << 20

    package static func read(_ path: String) throws(ExportProblem) -> ExportFile {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw ExportProblem("\(path) cannot be read; check the path and its permissions")
        }
        guard data.count <= maximumBytes else {
            throw ExportProblem("\(path) is larger than \(maximumBytes >> 20) MB; split it")
        }
        return try parse(data, path)
    }

    private static func parse(_ data: Data, _ path: String) throws(ExportProblem) -> ExportFile {
        let text = String(decoding: data, as: UTF8.self).trimmingPrefix("\u{FEFF}")
        guard let first = text.first(where: { !$0.isWhitespace }) else {
            throw ExportProblem("\(path) is empty")
        }
        guard first == "{" || first == "[" else { return try table(String(text), path) }
        if let json = try? JSONDecoder().decode(JSONDocument.self, from: Data(text.utf8)) {
            return .json(json)
        }
        return try lines(String(text), path)
    }

    /// One JSON value a line.
    private static func lines(_ text: String, _ path: String) throws(ExportProblem) -> ExportFile {
        var values: [JSONDocument] = []
        for (number, line) in text.split(separator: "\n").enumerated()
        where !line.allSatisfy(\.isWhitespace) {
            guard let value = try? JSONDecoder().decode(JSONDocument.self, from: Data(line.utf8))
            else {
                throw ExportProblem(
                    "\(path): neither the file nor its line \(number + 1) is JSON")
            }
            values.append(value)
        }
        return .json(.array(values))
    }

    /// The most columns of a line tell where the table begins: some exports have words before it.
    private static func table(_ text: String, _ path: String) throws(ExportProblem) -> ExportFile {
        guard text.utf8.count(where: { $0 == UInt8(ascii: "\"") }).isMultiple(of: 2) else {
            throw ExportProblem("\(path) ends within quotation marks: a part of it is missing")
        }
        let rows: [[String]]
        do {
            rows = try CSV<Enumerated>(string: text, delimiter: .comma, loadColumns: false)
                .enumeratedRowsWithHeader
        } catch {
            throw ExportProblem("\(path) is neither JSON nor CSV: \(error)")
        }
        let width = rows.map(\.count).max() ?? 0
        guard width > 1, let header = rows.first(where: { $0.count == width }) else {
            throw ExportProblem("\(path) is neither JSON nor a table with a line of column names")
        }
        let names = header.map { $0.lowercased().trimmingCharacters(in: .whitespaces) }
        let body = rows.drop { $0 != header }.dropFirst().filter { $0.count == width }
        return .table(
            body.map { row in
                Dictionary(zip(names, row)) { first, _ in first }
            })
    }
}

extension CSV where DataView == Enumerated {
    /// With the line that the library takes for the names of columns.
    fileprivate var enumeratedRowsWithHeader: [[String]] { [header] + rows }
}

extension [String: String] {
    /// A value that is not empty.
    func text(_ name: String) -> String? {
        guard let value = self[name]?.trimmingCharacters(in: .whitespaces), !value.isEmpty else {
            return nil
        }
        return value
    }

    /// `120000.0` as well as `120000`, and `"250,000"`.
    func count(_ name: String) -> Int64 { text(name).flatMap(ForeignNumber.count) ?? 0 }
}

enum ForeignNumber {
    static func count(_ text: String) -> Int64? {
        let plain = text.filter { $0 != "," }
        let sides = plain.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard let whole = sides.first.flatMap({ Int64($0) }),
            sides.count == 1 || sides[1].allSatisfy({ $0 == "0" })
        else { return nil }
        return whole
    }
}
