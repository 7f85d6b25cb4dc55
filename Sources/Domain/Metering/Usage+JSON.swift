extension Usage {
    private static let outline = JSONOutline { outline in
        for tokenClass in TokenClass.allCases {
            outline.want(tokenClass.rawValue, as: Int32(tokenClass.index))
        }
        for unit in FeeUnit.allCases {
            outline.want(unit.rawValue, as: Int32(TokenClass.allCases.count + unit.index))
        }
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
        guard case .integer(let count) = scalar else { return }
        let index = Int(name)
        if let tokenClass = TokenClass.allCases.first(where: { $0.index == index }) {
            usage[tokenClass] = count
        } else if let unit = FeeUnit.allCases.first(where: {
            TokenClass.allCases.count + $0.index == index
        }) {
            usage[unit] = count
        }
    }
}
