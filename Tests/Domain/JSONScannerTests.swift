import Metering
import TestSupport
import Testing

@Suite("JSONScanner")
struct JSONScannerTests {
    struct Sink: JSONSink {
        var found: [String] = []

        mutating func scanned(_ name: Int32, _ scalar: JSONScalar, at range: Range<Int>) {
            found.append("\(name)=\(scalar)")
        }
        mutating func opened(_ name: Int32, isObject: Bool, at offset: Int) {
            found.append("\(name)\(isObject ? "{" : "[")@\(offset)")
        }
        mutating func closed(_ name: Int32, at offset: Int) { found.append("\(name)}@\(offset)") }
    }

    static let outline = JSONOutline { outline in
        outline.want("model", as: 1)
        outline.want("usage", as: 2)
        outline.want("usage.total", as: 3)
        outline.want("items[].kind", as: 4)
        outline.want("text", as: 5, measuresOnly: true)
    }

    static func scan(
        _ text: String, cutAt cuts: [Int] = []
    ) -> (found: [String], outcome: JSONScanner.Outcome) {
        var sink = Sink()
        var scanner = JSONScanner(outline: outline)
        let bytes = Array(text.utf8)
        var start = 0
        for cut in cuts + [bytes.count] {
            scanner.push(Array(bytes[start..<cut]).span, into: &sink)
            start = cut
        }
        scanner.finish(into: &sink)
        return (sink.found, scanner.outcome)
    }

    static let document = """
        {"other":{"model":"no","usage":[{"total":9}]},"model":"a\\u00e9\\ud83d\\ude00\\n",
         "items":[{"kind":"x"},{"kind":null},[{"kind":"deep"}]],"usage":{"total":-12,"x":[1,2]},
         "text":"12\\"45","end":1.5e3}
        """

    @Test("reports what the outline wants and nothing else")
    func reports() {
        let (found, outcome) = Self.scan(Self.document)
        #expect(outcome == .complete)
        #expect(
            found.filter { !$0.contains("@") } == [
                "1=string(\"aé😀\\n\")", "4=string(\"x\")", "4=null", "3=integer(-12)",
                "5=measured(bytes: 5)",
            ])
    }

    @Test("gives the same answer wherever the document is cut")
    func cuts() {
        let whole = Self.scan(Self.document).found
        for cut in 0...Self.document.utf8.count {
            #expect(Self.scan(Self.document, cutAt: [cut]).found == whole)
        }
        var generator = SeededGenerator(seed: 1)
        for _ in 0..<200 {
            let cuts = (0..<9).map { _ in
                Int.random(in: 0...Self.document.utf8.count, using: &generator)
            }
            #expect(Self.scan(Self.document, cutAt: cuts.sorted()).found == whole)
        }
    }

    @Test("reads a key written with escapes as the key that it is")
    func escapedKey() {
        #expect(Self.scan(#"{"mod\u0065l":"m"}"#).found == ["1=string(\"m\")"])
    }

    @Test(
        "accepts what RFC 8259 accepts",
        arguments: [
            "{}", "[]", " \n{ } ", "0", "-0", "1E+2", "true", "\"\"", "[[[]]]", "{\"\":{}}",
            "[1,2]",
        ])
    func valid(text: String) {
        #expect(Self.scan(text).outcome == .complete)
    }

    @Test(
        "refuses what RFC 8259 refuses",
        arguments: [
            "", "{", "{]", "[1,]", "{\"a\":1,}", "{a:1}", "01", "1.", ".5", "+1", "1e", "-", "nul",
            "truex", "{} {}", "[1 2]", "\"\u{1}\"", "\"\\x\"", "\"\\u12g4\"", "{\"a\" 1}", "'a'",
            "[1,,2]", "NaN", "{\"a\":}", "\u{FEFF}{}",
        ])
    func invalid(text: String) {
        #expect(Self.scan(text).outcome == .invalid)
    }

    @Test("bounds nesting")
    func depth() {
        let deep = JSONScanner.maximumDepth
        func nested(_ count: Int) -> String {
            String(repeating: "[", count: count) + String(repeating: "]", count: count)
        }
        #expect(Self.scan(nested(deep)).outcome == .complete)
        #expect(Self.scan(nested(deep + 1)).outcome == .invalid)
    }

    @Test("takes no number for an integer that Int64 or a count could not hold")
    func numbers() {
        for (text, coefficient, exponent) in [
            ("9223372036854775808", Int64(922_337_203_685_477_580), 1), ("1.0", 10, -1),
            ("1.4e-7", 14, -8), ("0.00019199999999999998", 19_199_999_999_999_998, -20),
            ("-2.50", 250, -2), ("1e3", 1, 3),
        ] {
            let decimal = JSONDecimal(
                isNegative: text.hasPrefix("-"), coefficient: coefficient, exponent: exponent)
            let found = Self.scan(#"{"usage":{"total":\#(text)}}"#).found
            #expect(found.contains("3=\(JSONScalar.decimal(decimal))"), "\(text): \(found)")
        }
        #expect(Self.scan(#"{"usage":{"total":"12"}}"#).found.contains("3=string(\"12\")"))
    }

    @Test("survives a million mutated bytes without a crash or a hang")
    func mutations() {
        var generator = SeededGenerator(seed: 20_261_120)
        let original = Array(Self.document.utf8)
        for _ in 0..<6_000 {
            var bytes = original
            for _ in 0..<Int.random(in: 1...6, using: &generator) {
                let index = Int.random(in: 0..<bytes.count, using: &generator)
                switch Int.random(in: 0..<3, using: &generator) {
                case 0: bytes[index] = UInt8.random(in: 0...255, using: &generator)
                case 1: bytes.remove(at: index)
                default: bytes.insert(UInt8.random(in: 0...255, using: &generator), at: index)
                }
            }
            var sink = Sink()
            var scanner = JSONScanner(outline: Self.outline)
            scanner.push(bytes.span, into: &sink)
            scanner.finish(into: &sink)
            #expect(scanner.outcome != .incomplete)
        }
    }
}
