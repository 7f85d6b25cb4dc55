import Chronology
import Money
import Reporting
import Testing

@Suite("What a month will cost, and amounts of others")
struct OutlookTests {
    private static func dollars(_ text: String) throws -> Amount { try Amount(dollars: text) }

    @Test("A month is expected to go on as its days were, and steady days leave no doubt")
    func steadyDays() throws {
        let outlook = MonthOutlook(
            spent: try Self.dollars("20"),
            daily: Array(repeating: try Self.dollars("2"), count: 28),
            secondsLeft: 10 * 86_400)
        #expect(outlook.expected == (try Self.dollars("40")))
        #expect(outlook.low == outlook.expected && outlook.high == outlook.expected)
    }

    @Test("The range grows with how uneven days are, and never goes below what is spent")
    func unevenDays() throws {
        // 0 and 4 in turn: the deviation of a day is 2, of nine days 6.
        let days = try (0..<28).map { try Self.dollars($0 % 2 == 0 ? "0" : "4") }
        let outlook = MonthOutlook(
            spent: try Self.dollars("20"), daily: days, secondsLeft: 9 * 86_400)
        #expect(outlook.expected == (try Self.dollars("38")))
        #expect(outlook.high == (try Self.dollars("45.68")))
        #expect(outlook.low == (try Self.dollars("30.32")))
        let short = MonthOutlook(
            spent: try Self.dollars("20"), daily: days, secondsLeft: 86_400 / 100)
        #expect(short.low == short.spent)
    }

    @Test(
        "Amounts of other programs are read to the picodollar",
        arguments: [
            ("1", "1.000000000000"), ("9.75e-06", "0.000009750000"), ("-0.05", "-0.050000000000"),
            ("0.013500000000000000", "0.013500000000"), ("1,234.50", "1234.500000000000"),
            ("$3", "3.000000000000"), ("1E2", "100.000000000000"), (".5", "0.500000000000"),
            ("0.0000000000005", "0.000000000001"), ("0.00000000000049", "0.000000000000"),
            ("0", "0.000000000000"),
        ])
    func amounts(text: String, dollars: String) {
        #expect(ForeignAmount.amount(text)?.dollars == dollars)
    }

    @Test("What is no amount is none", arguments: ["", "x", "1.2.3", "1e999", "--1", "1e", "NaN"])
    func noAmounts(text: String) {
        #expect(ForeignAmount.amount(text) == nil)
    }

    @Test("Cents are hundredths of a dollar")
    func cents() {
        #expect(ForeignAmount.amount("93.75", cents: true)?.dollars == "0.937500000000")
    }

    @Test(
        "Amounts at a glance are rounded, and small ones keep two digits",
        arguments: [
            ("0", "0.00"), ("1234567.891", "1\u{202F}234\u{202F}567.89"), ("1.005", "1.01"),
            ("0.05", "0.0500"), ("0.00004", "0.00004"), ("0.000001234", "0.0000012"),
            ("0.00225", "0.0023"), ("0.0000725", "0.000073"), ("0.0003", "0.0003"),
            ("0.00996", "0.01"), ("0.000155", "0.00016"), ("0.999999", "1.0000"),
            ("999999.999", "1\u{202F}000\u{202F}000.00"),
        ])
    func glances(dollars: String, shown: String) throws {
        #expect(try Self.dollars(dollars).glance == shown)
    }
}
