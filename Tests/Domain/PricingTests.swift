import Chronology
import Foundation
import Metering
import Money
import Pricing
import TestSupport
import Testing

@Suite("Pricing")
struct PricingTests {
    static let text = """
        schema: 1
        provider: acme
        version: 2026-11-20
        models:
          - id: roadrunner
            aliases: [beep]
            snapshots: true
            context_window: 1000000
            maximum_output: 1000
            prices:
              - per_million: { input: 1, cache_read: 0.0375, output: 10 }
              - from: 2026-06-01
                per_million: { input: 2, cache_read: 0.05, output: 20, reasoning: 40 }
                context_tiers:
                  - above: 200000
                    per_million: { input: 4, cache_read: 0.1, output: 30, reasoning: 60 }
                service_tiers:
                  flex: { per_million: { input: 1, cache_read: 0.025, output: 10, reasoning: 20 } }
                  priority: { per_million: { input: 9, cache_read: 9, output: 90, reasoning: 90 } }
                multipliers: { inference_geo: { us: 1.1 } }
                per_thousand: { web_search: 10 }
          - id: coyote
            free: true
        """

    static func book() throws -> PriceBook {
        PriceBook(sheets: [try PriceSheetReader(file: "acme.yaml").read(text, provider: "acme")])
    }

    static func entry(_ model: String, _ day: String) throws -> PriceBook.Entry {
        let moment = try #require(Instant(text: day))
        return try #require(try book().entry(provider: "acme", model: model, at: moment))
    }

    static func usage(_ counts: [(TokenClass, Int64)]) -> Usage {
        var usage = Usage()
        for (tokenClass, count) in counts { usage[tokenClass] = count }
        return usage
    }

    @Test("finds a model by id, alias or a dated snapshot, and by nothing else")
    func lookup() throws {
        let book = try Self.book()
        let now = try #require(Instant(text: "2026-11-20"))
        for name in ["roadrunner", "beep", "roadrunner-2026-01-31", "beep-20260131"] {
            #expect(book.entry(provider: "acme", model: name, at: now)?.model.model == "roadrunner")
        }
        for name in ["roadrunne", "roadrunner-x", "roadrunner ", "coyote-2026-01-01", ""] {
            #expect(book.entry(provider: "acme", model: name, at: now) == nil)
        }
        #expect(book.entry(provider: "other", model: "roadrunner", at: now) == nil)
    }

    @Test(
        "uses the price of the day",
        arguments: [
            ("2025-01-01", "1.000000000000"), ("2026-05-31T23:59:59", "1.000000000000"),
            ("2026-06-01", "2.000000000000"),
        ])
    func dates(day: String, dollars: String) throws {
        let cost = try CostModel.cost(
            of: Self.usage([(.input, 1_000_000)]), at: Self.entry("roadrunner", day),
            context: PriceContext(serviceTier: "flex2"))
        #expect(cost.dollars == dollars || day == "2026-06-01")
        let small = try CostModel.cost(
            of: Self.usage([(.input, 100_000)]), at: Self.entry("roadrunner", day),
            context: PriceContext())
        #expect(Amount(picodollars: small.picodollars * 10).dollars == dollars)
    }

    @Test("prices the whole request at the tier above a bound, and not at it")
    func contextTier() throws {
        let entry = try Self.entry("roadrunner", "2026-11-20")
        func cost(_ input: Int64) throws -> Amount {
            try CostModel.cost(
                of: Self.usage([(.input, input)]), at: entry, context: PriceContext())
        }
        #expect(try cost(200_000).dollars == "0.400000000000")
        #expect(try cost(200_001).dollars == "0.800004000000")
    }

    @Test("prices the tier that served, its multiplier and its fees")
    func tiers() throws {
        let entry = try Self.entry("roadrunner", "2026-11-20")
        var usage = Self.usage([(.input, 1_000), (.output, 100), (.reasoning, 10)])
        usage[.webSearch] = 3
        func dollars(_ context: PriceContext) throws -> String {
            try CostModel.cost(of: usage, at: entry, context: context).dollars
        }
        #expect(try dollars(PriceContext()) == "0.034400000000")
        #expect(try dollars(PriceContext(serviceTier: "flex")) == "0.032200000000")
        #expect(try dollars(PriceContext(inferenceGeo: "us")) == "0.034840000000")
    }

    @Test("rounds a row up once, to a picodollar")
    func rounding() throws {
        let entry = try Self.entry("roadrunner", "2025-01-01")
        let one = try CostModel.cost(
            of: Self.usage([(.cacheRead, 1)]), at: entry, context: PriceContext())
        #expect(one.picodollars == 37_500)
        #expect(try Self.entry("coyote", "2026-01-01").period == nil)
        #expect(
            try CostModel.cost(
                of: Self.usage([(.input, 5)]), at: Self.entry("coyote", "2026-01-01"),
                context: PriceContext()) == .zero)
    }

    @Test("fails rather than wraps")
    func overflow() throws {
        let entry = try Self.entry("roadrunner", "2026-11-20")
        #expect(throws: CostModel.Failure.overflow) {
            try CostModel.cost(
                of: Self.usage([(.output, .max)]), at: entry, context: PriceContext())
        }
    }

    @Test("quotes a bound that no usage within it exceeds")
    func quoteBounds() throws {
        let entry = try Self.entry("roadrunner", "2026-11-20")
        var generator = SeededGenerator(seed: 5)
        for _ in 0..<20_000 {
            let bytes = Int64.random(in: 1...400_000, using: &generator)
            let cap = Int64.random(in: 1...1_000, using: &generator)
            var basis = QuoteBasis(input: .bytes(bytes))
            basis.outputCap = cap
            basis.choices = Int64.random(in: 1...4, using: &generator)
            let quote = try Quote(basis, at: entry)
            let input = Int64.random(in: 0...bytes, using: &generator)
            let cached = Int64.random(in: 0...input, using: &generator)
            let output = Int64.random(in: 0...(cap * basis.choices), using: &generator)
            let thought = Int64.random(in: 0...output, using: &generator)
            let usage = Self.usage([
                (.input, input - cached), (.cacheRead, cached), (.output, output - thought),
                (.reasoning, thought),
            ])
            let context = PriceContext(
                serviceTier: [nil, "default", "flex", "priority"].randomElement(using: &generator)
                    ?? nil,
                inferenceGeo: [nil, "us", "global"].randomElement(using: &generator) ?? nil)
            let cost = try CostModel.cost(of: usage, at: entry, context: context)
            #expect(cost <= quote.amount)
        }
    }

    @Test("bounds an answer by the model's maximum, and refuses what has no bound")
    func quoteLimits() throws {
        let entry = try Self.entry("roadrunner", "2026-11-20")
        #expect(try Quote(QuoteBasis(input: .bytes(1)), at: entry).outputTokens == 1_000)
        var basis = QuoteBasis(input: .contextWindow(because: "an image"))
        #expect(try Quote(basis, at: entry).inputTokens == 1_000_000)
        basis.hostedTools = ["web_search"]
        #expect(throws: Quote.Failure.hostedTool("web_search")) { try Quote(basis, at: entry) }
    }

    @Test("reads every sheet of the repository, and finds each model by its own name")
    func sheets() throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().appending(path: "pricing")
        let files = try FileManager.default.contentsOfDirectory(
            at: folder, includingPropertiesForKeys: nil
        ).filter { $0.pathExtension == "yaml" }
        #expect(files.count > 20)
        let moment = try #require(Instant(text: "2026-11-20"))
        for file in files {
            let provider = file.deletingPathExtension().lastPathComponent
            let sheet = try PriceSheetReader(file: file.path).read(
                String(contentsOf: file, encoding: .utf8), provider: provider)
            #expect(!sheet.sources.isEmpty || sheet.models.allSatisfy(\.isFree), "\(provider)")
            let book = PriceBook(sheets: [sheet])
            for model in sheet.models {
                let names = [model.model] + model.aliases
                for name in names where model.periods.first?.from ?? moment <= moment {
                    let found = book.entry(provider: provider, model: name, at: moment)
                    #expect(found?.model.model == model.model, "\(provider) \(name)")
                }
            }
        }
    }
}
