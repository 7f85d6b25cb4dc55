import Chronology
import Metering
import Money
import Pricing
import Testing

@Suite("Prices that depend on more than tokens")
struct PriceConditionTests {
    static let text = """
        schema: 1
        provider: acme
        version: 2026-11-20
        reported_cost: true
        models:
          - id: night
            matches: ["ft:night:*", "*.night-*-v1"]
            prices:
              - per_million: { input: 2, output: 8 }
                hours:
                  - utc: 16:30-00:30
                    weekdays: [mon, fri]
                    per_million: { input: 1, output: 4 }
          - id: place
            prices:
              - per_million: { input: 2 }
                multipliers: { region: { global: 1, "*": 1.1 }, inference_geo: { us: 1.1 } }
          - id: picture
            prices:
              - per_image:
                  - { size: 1024x1024, quality: hd, price: 0.08 }
                  - { size: 1024x1024, price: 0.04 }
                  - { price: 0.12 }
          - id: sound
            prices:
              - per_hour: { audio: 0.36 }
          - id: speech
            prices:
              - per_million: { characters: 15 }
                per_thousand: { request: 5 }
        """

    static func entry(_ model: String) throws -> PriceBook.Entry {
        let sheet = try PriceSheetReader(file: "acme.yaml").read(text, provider: "acme")
        let moment = try #require(Instant(text: "2026-11-20"))
        return try #require(
            PriceBook(sheets: [sheet]).entry(provider: "acme", model: model, at: moment))
    }

    static func cost(
        _ model: String, _ usage: (inout Usage) -> Void, _ context: PriceContext = PriceContext()
    ) throws -> String {
        var counts = Usage()
        usage(&counts)
        return try CostModel.cost(of: counts, at: entry(model), context: context).dollars
    }

    @Test(
        "follow the hour and the weekday in UTC",
        arguments: [
            ("2026-11-20T16:29:59", "2.000000000000"), ("2026-11-20T16:30:00", "1.000000000000"),
            ("2026-11-20T23:59:59", "1.000000000000"), ("2026-11-21T00:10:00", "2.000000000000"),
            ("2026-11-16T00:29:59", "1.000000000000"), ("2026-11-16T00:30:00", "2.000000000000"),
            ("2026-11-19T17:00:00", "2.000000000000"),
        ])
    func hours(moment: String, dollars: String) throws {
        var context = PriceContext()
        context.moment = Instant(text: moment)
        #expect(try Self.cost("night", { $0[.input] = 1_000_000 }, context) == dollars)
    }

    @Test("follow the place, by all factors that apply")
    func places() throws {
        func dollars(_ region: String?, _ geo: String?) throws -> String {
            var context = PriceContext(inferenceGeo: geo)
            context.region = region
            return try Self.cost("place", { $0[.input] = 1_000_000 }, context)
        }
        #expect(try dollars(nil, nil) == "2.000000000000")
        #expect(try dollars("global", nil) == "2.000000000000")
        #expect(try dollars("us-east5", nil) == "2.200000000000")
        #expect(try dollars("us-east5", "us") == "2.420000000000")
    }

    @Test("follow the size and quality of an image")
    func images() throws {
        func dollars(_ size: String?, _ quality: String?) throws -> String {
            var context = PriceContext()
            context.imageSize = size
            context.imageQuality = quality
            return try Self.cost("picture", { $0[.image] = 2 }, context)
        }
        #expect(try dollars("1024x1024", "hd") == "0.160000000000")
        #expect(try dollars("1024x1024", "standard") == "0.080000000000")
        #expect(try dollars("1792x1024", "hd") == "0.240000000000")
        var basis = QuoteBasis(input: .contextWindow(because: "an image"))
        basis.pieces = [.image: 3]
        #expect(try Quote(basis, at: Self.entry("picture")).amount.dollars == "0.360000000000")
        basis.imageSize = "1024x1024"
        #expect(try Quote(basis, at: Self.entry("picture")).amount.dollars == "0.360000000000")
    }

    @Test("count sound by the millisecond and speech by the character")
    func measures() throws {
        #expect(try Self.cost("sound", { $0[.audioMilliseconds] = 1 }) == "0.000000100000")
        #expect(try Self.cost("speech", { $0[.characters] = 3 }) == "0.005045000000")
    }

    @Test("know names by the sheet's rules alone")
    func names() throws {
        for name in ["ft:night:org::1", "FT:Night:x", "us.night-2-v1", "night"] {
            #expect(try Self.entry(name).model.model == "night")
        }
        let sheet = try PriceSheetReader(file: "acme.yaml").read(Self.text, provider: "acme")
        let book = PriceBook(sheets: [sheet])
        let moment = try #require(Instant(text: "2026-11-20"))
        for name in ["ft:night", "xft:night:1", "us.night-v1", "us.night-2-v1x", "nights"] {
            #expect(book.entry(provider: "acme", model: name, at: moment) == nil, "\(name)")
        }
        #expect(book.reportsCost(provider: "acme"))
    }

    @Test("list pieces of which the sheet does not say what they cost")
    func unpriced() throws {
        var usage = Usage()
        usage[.webSearch] = 1
        usage[.characters] = 1
        let pieces = CostModel.unpricedPieces(
            of: usage, at: try Self.entry("speech"), context: PriceContext())
        #expect(pieces == [.webSearch])
    }

    @Test(
        "refuse what cannot be meant, with its line",
        arguments: [
            ("utc: 16:30-00:30", "utc: 25:00-26:00", "a part of the day"),
            ("[mon, fri]", "[monday]", "a weekday is one of"),
            ("region: {", "regions: {", "unknown multiplier"),
            ("audio: 0.36", "sound: 0.36", "unknown fee"),
            ("request: 5", "requests: 5", "unknown fee"),
            ("price: 0.12", "cost: 0.12", "unknown key"),
            ("- per_hour: { audio: 0.36 }", "- from: 2026-01-01", "nothing that is charged for"),
        ])
    func refusals(text: String, other: String, reason: String) {
        let error = #expect(throws: PriceSheetError.self) {
            try PriceSheetReader(file: "acme.yaml").read(
                Self.text.replacing(text, with: other), provider: "acme")
        }
        #expect(error?.reason.contains(reason) == true && (error?.line ?? 0) > 1)
    }
}
