import Foundation
import Testing

/// The rules of the house that a machine can check.
@Suite("The source tree")
struct TidyTests {
    @Test("has files of at most 600 lines and lines of at most 100 columns")
    func sizes() {
        for file in SourceTree.swift {
            #expect(file.lines.count <= 600, "\(file.path) has \(file.lines.count) lines")
            for (index, line) in file.lines.enumerated() where line.count > 100 {
                let isData = line.contains("\"") && !line.contains(" = ")
                #expect(isData, "\(file.path):\(index + 1) has \(line.count) columns")
            }
        }
    }

    @Test("has functions of at most 70 lines")
    func functions() {
        for file in SourceTree.swift {
            for function in Functions.of(file) {
                #expect(
                    function.lineCount <= 70,
                    "\(file.path):\(function.line) is a function of \(function.lineCount) lines")
            }
        }
    }

    @Test("imports C and says Unsafe only in Sources/Bindings")
    func unsafe() {
        let words = [
            "Unsafe", "OpaquePointer", "Unmanaged", "import CCurl", "import CLinux",
            "import CSQLite",
        ]
        for file in SourceTree.sources where !file.path.hasPrefix("Sources/Bindings/") {
            for word in words {
                #expect(!file.text.contains(word), "\(file.path) says \(word)")
            }
        }
    }

    @Test(
        "imports only downwards",
        arguments: [
            (
                "Sources/Domain/",
                [
                    "NIO", "Hummingbird", "Foundation", "Gateway", "GRDB", "Dispatch",
                    "Inbound", "Curl", "Linux", "Config", "App", "Logging",
                ]
            ),
            (
                "Sources/Gateway/",
                [
                    "NIO", "Hummingbird", "GRDB", "Curl", "UpstreamCurl", "LedgerSQLite",
                    "Inbound", "Config", "App", "Dispatch",
                ]
            ),
            (
                "Sources/Bindings/",
                ["Money", "Accounting", "Gateway", "Metering", "Pricing", "NIO"]
            ),
            ("Sources/Adapters/UpstreamCurl/", ["GRDB", "LedgerSQLite", "NIO", "Inbound", "App"]),
            ("Sources/Adapters/LedgerSQLite/", ["UpstreamCurl", "Curl", "NIO", "Inbound", "App"]),
            ("Sources/Edge/", ["LedgerSQLite", "UpstreamCurl", "Curl", "GRDB", "App", "Config"]),
            ("Sources/CLI/", ["NIO", "Curl", "UpstreamCurl", "GRDB", "Inbound"]),
        ])
    func layers(folder: String, forbidden: [String]) {
        for file in SourceTree.sources where file.path.hasPrefix(folder) {
            for line in file.lines {
                guard let module = Imports.module(of: line) else { continue }
                let isForbidden = forbidden.contains { name in
                    name == "NIO" ? module.hasPrefix("NIO") : module == name
                }
                #expect(!isForbidden, "\(file.path) imports \(module)")
            }
        }
    }

    @Test(
        "keeps floating point away from money",
        arguments: [
            "Sources/Domain/Money", "Sources/Domain/Pricing", "Sources/Domain/Accounting",
            "Sources/Domain/Metering", "Sources/Adapters/LedgerSQLite/Journal",
        ])
    func noFloatingPoint(folder: String) {
        for file in SourceTree.sources where file.path.hasPrefix(folder) {
            for word in ["Double", "Float", "CGFloat"] {
                #expect(!file.text.contains(word), "\(file.path) says \(word)")
            }
        }
    }

    @Test("reads no clock, environment or randomness in the domain and the gateway")
    func purity() {
        let words = ["Date()", "ContinuousClock", "ProcessInfo", "random(in", "clock_gettime"]
        for file in SourceTree.sources
        where file.path.hasPrefix("Sources/Domain/") || file.path.hasPrefix("Sources/Gateway/") {
            for word in words { #expect(!file.text.contains(word), "\(file.path) says \(word)") }
        }
    }

    @Test("forces nothing and states why it is unchecked")
    func force() throws {
        let force = try Regex(#"[A-Za-z0-9_\])]!(?![=])[\s.,)\]]"#)
        for file in SourceTree.sources {
            for (index, line) in file.lines.enumerated() where !line.contains("//") {
                let place = "\(file.path):\(index + 1)"
                #expect(!line.contains("try!"), "\(place) says try!")
                let isText = line.contains("\"")
                #expect(isText || line.firstMatch(of: force) == nil, "\(place) forces a value")
                #expect(
                    !line.contains("@unchecked Sendable"), "\(place) needs its reason beside it")
            }
        }
    }

    @Test("builds no SQL from strings")
    func sql() {
        let verbs = ["SELECT ", "INSERT ", "UPDATE ", "DELETE ", "PRAGMA ", "CREATE ", "WHERE "]
        for file in SourceTree.sources where file.path.hasPrefix("Sources/Adapters/") {
            let literals = file.text.components(separatedBy: "\"")
            for text in literals where verbs.contains(where: text.contains) {
                #expect(!text.contains("\\("), "\(file.path) puts a value into SQL")
            }
        }
    }

    @Test("names folders for what they are, never Utils, Helpers or Common")
    func folders() {
        for file in SourceTree.swift {
            for part in file.path.split(separator: "/").dropLast() {
                let isVague = ["Utils", "Util", "Helpers", "Common", "Misc", "Managers", "New"]
                    .contains(String(part))
                #expect(!isVague && !part.contains(" "), "\(file.path)")
            }
        }
    }

    @Test("documents every key of the config file in config/example.yaml")
    func configKeys() throws {
        let example = try String(
            contentsOf: SourceTree.root.appending(path: "config/example.yaml"), encoding: .utf8)
        let file = SourceTree.sources.first { $0.path.hasSuffix("Config/ConfigFile.swift") }
        let limits = SourceTree.sources.first { $0.path.hasSuffix("InboundSettings+Names.swift") }
        let keys = try Regex(#""([a-z_]{3,})""#)
        for text in [file?.text, limits?.text].compactMap({ $0 }) {
            for match in text.matches(of: keys) {
                guard let key = match.output[1].substring, key != "limits" else { continue }
                #expect(example.contains("\(key):"), "config/example.yaml does not explain \(key)")
            }
        }
    }

    @Test("lists every error code in docs/errors.md with its status")
    func errorCodes() throws {
        let gallery = try String(
            contentsOf: SourceTree.root.appending(path: "docs/errors.md"), encoding: .utf8)
        let file = SourceTree.sources.first { $0.path.hasSuffix("Errors/GatewayError.swift") }
        let text = try #require(file?.text)
        let codes = try Regex(#"case (\w+)(?: = "([a-z_]+)")?\n"#)
        let body =
            text.components(separatedBy: "enum Code").last?
            .components(separatedBy: "package let code").first ?? ""
        var count = 0
        for match in body.matches(of: codes) {
            let code = match.output[2].substring ?? match.output[1].substring ?? ""
            #expect(gallery.contains("`\(code)`"), "docs/errors.md does not list \(code)")
            count += 1
        }
        #expect(count > 10)
    }
}

enum Imports {
    /// The module that a line imports.
    static func module(of line: Substring) -> String? {
        let words = line.split(separator: " ")
        guard let index = words.firstIndex(of: "import"), index <= 1, words.count > index + 1,
            index == 0 || ["internal", "package", "public", "private"].contains(words[0])
        else { return nil }
        return String(words[index + 1])
    }
}

/// The functions of a file, found by their braces.
struct Functions {
    let line: Int
    let lineCount: Int

    static func of(_ file: SourceTree.File) -> [Functions] {
        var found: [Functions] = []
        let lines = file.lines
        for (index, line) in lines.enumerated() {
            let trimmed = line.drop { $0 == " " }
            let isFunction =
                trimmed.contains("func ") || trimmed.hasPrefix("init(")
                || trimmed.contains(" init(")
            guard isFunction, !trimmed.hasPrefix("//"), !trimmed.hasPrefix("///") else { continue }
            let indent = line.count - trimmed.count
            let closing = String(repeating: " ", count: indent) + "}"
            guard let end = lines[(index + 1)...].firstIndex(where: { $0 == closing }) else {
                continue
            }
            let next = lines[(index + 1)...].firstIndex { other in
                let text = other.drop { $0 == " " }
                return text.contains("func ") && other.count - text.count <= indent
            }
            if let next, next < end { continue }
            found.append(Functions(line: index + 1, lineCount: end - index + 1))
        }
        return found
    }
}
