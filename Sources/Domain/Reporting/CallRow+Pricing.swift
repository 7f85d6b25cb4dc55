internal import Chronology
internal import Metering
package import Pricing

extension CallRow {
    /// What the row's cost depends on beside its counts.
    package var priceContext: PriceContext {
        var sink = ContextSink()
        var scanner = JSONScanner(outline: ContextSink.outline)
        scanner.push(Array((text("metadata") ?? "{}").utf8).span, into: &sink)
        var context = PriceContext(
            serviceTier: text("service_tier"), inferenceGeo: text("inference_geo"))
        context.region = sink.region
        context.imageSize = sink.imageSize
        context.contextInput = sink.contextInput
        context.imageQuality = sink.imageQuality
        context.moment = text("timestamp").flatMap { Instant(text: $0) }
        return context
    }
}

/// The parts of a row's metadata that its price depends on.
private struct ContextSink: JSONSink {
    private enum Place: Int32 { case region, imageSize, imageQuality, contextInput }

    static let outline = JSONOutline { outline in
        outline.want("region", as: Place.region.rawValue)
        outline.want("context_input", as: Place.contextInput.rawValue)
        outline.want("image_size", as: Place.imageSize.rawValue)
        outline.want("image_quality", as: Place.imageQuality.rawValue)
    }

    var region: String?
    var imageSize: String?
    var contextInput: Int64?
    var imageQuality: String?

    mutating func scanned(_ name: Int32, _ scalar: JSONScalar, at range: Range<Int>) {
        if case .contextInput = Place(rawValue: name), case .integer(let count) = scalar {
            contextInput = count
        }
        guard case .string(let text) = scalar else { return }
        switch Place(rawValue: name) {
        case .region: region = text
        case .imageSize: imageSize = text
        case .imageQuality: imageQuality = text
        case .contextInput, nil: break
        }
    }
}
