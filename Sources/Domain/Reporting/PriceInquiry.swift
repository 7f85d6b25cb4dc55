package import Chronology
package import Metering
internal import Money
package import Pricing

/// A question for the price of a stated usage, as a person or a program asks it.
package struct PriceInquiry: Sendable {
    package var provider: String?
    package var model: String
    package var usage = Usage()
    package var context = PriceContext()

    package init(model: String) { self.model = model }

    package struct Problem: Error, CustomStringConvertible {
        package let description: String
    }

    /// The price that is meant: of the provider that is named, or of the only one that has the
    /// model.
    package func entry(
        in prices: PriceBook, now: Instant
    ) throws(Problem) -> PriceBook.Entry {
        let moment = context.moment ?? now
        let candidates = (provider.map { [$0] } ?? prices.providers(knowing: model)).compactMap {
            prices.entry(provider: $0, model: model, at: moment)
        }
        guard let entry = candidates.first else {
            let place = provider.map { "the price sheet of \($0)" } ?? "any price sheet"
            throw Problem(
                description: "\(model) has no price in \(place) at \(moment.shortText); see"
                    + " 'spendfuse prices list'")
        }
        guard candidates.count == 1 else {
            let names = candidates.map(\.provider).joined(separator: ", ")
            throw Problem(
                description: "\(model) is sold by \(names); name one with --provider")
        }
        return entry
    }

    package func breakdown(
        in prices: PriceBook, now: Instant
    ) throws(Problem) -> (entry: PriceBook.Entry, CostBreakdown) {
        let entry = try entry(in: prices, now: now)
        var context = context
        context.moment = context.moment ?? now
        do throws(CostModel.Failure) {
            return (entry, try CostBreakdown(of: usage, at: entry, context: context))
        } catch {
            switch error {
            case .noPrice(let tokenClass):
                throw Problem(
                    description: "\(model) has no price for \(tokenClass.rawValue) tokens")
            case .overflow:
                throw Problem(description: "the cost is more than 9223372 USD")
            }
        }
    }

    /// The answer to an inquiry on one line of JSON.
    package static func answer(_ line: String, in prices: PriceBook, now: Instant) -> String {
        var object = JSONObjectText()
        do throws(Problem) {
            let inquiry = try PriceInquiry(json: line)
            let (entry, breakdown) = try inquiry.breakdown(in: prices, now: now)
            object.add("cost_usd", breakdown.total.dollars)
            object.add("price_version", entry.version)
            let unpriced = CostModel.unpricedPieces(
                of: inquiry.usage, at: entry, context: inquiry.context)
            object.addList("unpriced_pieces", unpriced.map(\.rawValue))
        } catch {
            object.add("error", error.description)
        }
        return object.closed
    }

    /// Reads `{"provider":"openai","model":"gpt-5","at":"2026-11-20","usage":{"input":12}}`; other
    /// keys are `service_tier`, `inference_geo`, `region`, `image_size` and `image_quality`.
    package init(json: String) throws(Problem) {
        var sink = InquirySink()
        var scanner = JSONScanner(outline: InquirySink.outline)
        scanner.push(Array(json.utf8).span, into: &sink)
        scanner.finish(into: &sink)
        guard scanner.outcome == .complete else {
            throw Problem(description: "the line is not a JSON object")
        }
        if let problem = sink.problem { throw Problem(description: problem) }
        guard let model = sink.texts[.model] else {
            throw Problem(description: "the line lacks the key 'model'")
        }
        self.init(model: model)
        provider = sink.texts[.provider]
        usage = sink.usage
        context = PriceContext(
            serviceTier: sink.texts[.serviceTier], inferenceGeo: sink.texts[.inferenceGeo])
        context.region = sink.texts[.region]
        context.imageSize = sink.texts[.imageSize]
        context.imageQuality = sink.texts[.imageQuality]
        guard let at = sink.texts[.at] else { return }
        guard let moment = Instant(text: at) else {
            throw Problem(
                description: "'at' must be a date or a moment in UTC such as"
                    + " 2026-11-20T16:30:00Z, not '\(at)'")
        }
        context.moment = moment
    }
}

private struct InquirySink: JSONSink {
    enum Place: Int32 {
        case provider = 1_000
        case model, at, serviceTier, inferenceGeo, region, imageSize, imageQuality, anyUsage
    }

    static let outline = JSONOutline { outline in
        for (path, place) in [
            ("provider", Place.provider), ("model", .model), ("at", .at),
            ("service_tier", .serviceTier), ("inference_geo", .inferenceGeo),
            ("region", .region), ("image_size", .imageSize), ("image_quality", .imageQuality),
        ] {
            outline.want(path, as: place.rawValue)
        }
        Usage.want(under: "usage.", in: &outline)
    }

    var texts: [Place: String] = [:]
    var usage = Usage()
    var problem: String?

    mutating func scanned(_ name: Int32, _ scalar: JSONScalar, at range: Range<Int>) {
        switch (Place(rawValue: name), scalar) {
        case (.some(let place), .string(let text)): texts[place] = text
        case (_, .null): break
        case (.some, _): problem = "a key that is a text has another value"
        case (nil, _):
            if !usage.take(name, scalar) { problem = "a count of 'usage' is no whole number" }
        }
    }
}
