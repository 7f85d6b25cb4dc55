extension Usage {
    /// With what is billed beside it:
    /// `{"input":12,"extra":[{"model":"m","usage":{"output":3}}]}`.
    package func json(with extras: [ExtraUsage]) -> String {
        guard !extras.isEmpty else { return json }
        let list = extras.map { extra in
            var object = JSONObjectText()
            object.add("model", extra.model)
            object.addRaw("usage", extra.usage.json)
            object.add("largest_input", extra.largestInput)
            return object.closed
        }
        let separator = isEmpty ? "" : ","
        return json.dropLast() + "\(separator)\"extra\":[\(list.joined(separator: ","))]}"
    }

    private static let outline = JSONOutline { want(under: "", in: &$0) }

    /// Above what any row has, and far from overflow in sums of all classes.
    private static let maximumCount: Int64 = 1_000_000_000_000_000

    /// Names every class and piece as a key under `path`, which ends in a dot or is empty.
    package static func want(under path: String, in outline: inout JSONOutline.Builder) {
        for tokenClass in TokenClass.all {
            outline.want("\(path)\(tokenClass.rawValue)", as: Int32(tokenClass.index))
        }
        for unit in FeeUnit.all {
            outline.want(
                "\(path)\(unit.rawValue)", as: Int32(TokenClass.all.count + unit.index))
        }
    }

    /// Takes the count of the class or piece that `want` called `name`; false for another name,
    /// or for what is no count.
    package mutating func take(_ name: Int32, _ scalar: JSONScalar) -> Bool {
        guard case .integer(let count) = scalar, count >= 0, count <= Self.maximumCount else {
            return false
        }
        if let tokenClass = TokenClass.all.first(where: { $0.index == Int(name) }) {
            self[tokenClass] = count
            return true
        }
        let index = Int(name) - TokenClass.all.count
        guard let unit = FeeUnit.all.first(where: { $0.index == index }) else { return false }
        self[unit] = count
        return true
    }

    /// Reads what `json` writes; names that are not known are left out.
    package init(json: String) {
        var sink = UsageSink()
        var scanner = JSONScanner(outline: Self.outline)
        scanner.push(Array(json.utf8).span, into: &sink)
        self = sink.usage
    }
}

private struct UsageSink: JSONSink {
    var usage = Usage()

    mutating func scanned(_ name: Int32, _ scalar: JSONScalar, at range: Range<Int>) {
        _ = usage.take(name, scalar)
    }
}

extension ExtraUsage {
    private static let outline = JSONOutline { outline in
        outline.want("extra[]", as: ExtraSink.element)
        outline.want("extra[].model", as: ExtraSink.model)
        outline.want("extra[].largest_input", as: ExtraSink.largestInput)
        Usage.want(under: "extra[].usage.", in: &outline)
    }

    /// Reads what `Usage.json(with:)` writes.
    package static func list(json: String) -> [ExtraUsage] {
        guard json.contains("\"extra\"") else { return [] }
        var sink = ExtraSink()
        var scanner = JSONScanner(outline: outline)
        scanner.push(Array(json.utf8).span, into: &sink)
        return sink.extras
    }
}

private struct ExtraSink: JSONSink {
    static let element: Int32 = 1_000
    static let model: Int32 = 1_001
    static let largestInput: Int32 = 1_002

    var extras: [ExtraUsage] = []
    private var model: String?
    private var usage = Usage()
    private var largestInput: Int64?

    mutating func scanned(_ name: Int32, _ scalar: JSONScalar, at range: Range<Int>) {
        if name == Self.largestInput, case .integer(let count) = scalar { largestInput = count }
        if name == Self.model, case .string(let text) = scalar { model = text }
        _ = usage.take(name, scalar)
    }

    mutating func opened(_ name: Int32, isObject: Bool, at offset: Int) {
        if name == Self.element { (model, usage, largestInput) = (nil, Usage(), nil) }
    }

    mutating func closed(_ name: Int32, at offset: Int) {
        guard name == Self.element else { return }
        extras.append(ExtraUsage(model: model, usage: usage, largestInput: largestInput))
    }
}
