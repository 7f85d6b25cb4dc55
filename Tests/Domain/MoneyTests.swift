import Chronology
import Money
import Testing

@Suite("Amount")
struct MoneyTests {
    @Test(
        "reads decimal dollars exactly",
        arguments: [
            ("0", "0.000000000000"), ("50", "50.000000000000"), ("0.25", "0.250000000000"),
            ("0.000000000001", "0.000000000001"), ("9223372", "9223372.000000000000"),
            ("1.500000000000000", "1.500000000000"), ("007.10", "7.100000000000"),
        ])
    func reads(text: String, dollars: String) throws {
        #expect(try Amount(dollars: text).dollars == dollars)
    }

    @Test(
        "refuses what is not an exact, storable amount",
        arguments: [
            "", "-1", "+1", "1e3", "nan", "inf", ".5", "5.", "1,5", "0x10", " 1", "1.0000000000001",
            "9223373", "99999999999999999999999999",
        ])
    func refuses(text: String) {
        #expect(throws: Amount.TextError.self) { try Amount(dollars: text) }
    }

    @Test("shows at least two decimals and no trailing zeros beyond them")
    func short() throws {
        #expect(try Amount(dollars: "1").shortDollars == "1.00")
        #expect(try Amount(dollars: "0.0375").shortDollars == "0.0375")
        #expect((Amount.zero - Amount(picodollars: 1)).shortDollars == "-0.000000000001")
    }

    @Test("rounds a percentage down")
    func percent() throws {
        let limit = try Amount(dollars: "3")
        #expect(try Amount(dollars: "2.9999").wholePercent(of: limit) == 99)
        #expect(try Amount(dollars: "2").percentText(of: limit) == "66.66")
        #expect(limit.wholePercent(of: .zero) == nil)
    }
}

@Suite("Instant")
struct InstantTests {
    @Test(
        "writes and reads the same time",
        arguments: [
            "1970-01-01T00:00:00.000000Z", "2024-02-29T23:59:59.999999Z",
            "2026-11-20T09:05:07.000120Z", "2000-12-31T00:00:00.000000Z",
            "2100-03-01T12:00:00.500000Z",
        ])
    func roundTrip(text: String) throws {
        #expect(try #require(Instant(text: text)).text == text)
    }

    @Test("reads shorter forms as UTC")
    func shortForms() {
        #expect(Instant(text: "2026-11-20")?.text == "2026-11-20T00:00:00.000000Z")
        #expect(Instant(text: "2026-11-20T07:30")?.text == "2026-11-20T07:30:00.000000Z")
    }

    @Test(
        "refuses days and times that do not exist",
        arguments: [
            "2026-02-29", "2026-13-01", "2026-1-1", "2026-11-20T24:00", "2026-11-20T10:60",
            "tomorrow", "2026-11-20T10:00:00+01:00",
        ])
    func refuses(text: String) {
        #expect(Instant(text: text) == nil)
    }

    @Test("knows every day of four hundred years")
    func days() {
        for day in Int64(-73_048)...73_049 {
            #expect(CivilDate(daysSinceEpoch: day).daysSinceEpoch == day)
        }
    }
}
