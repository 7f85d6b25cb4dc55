package import Chronology

/// What a cost depends on beside the counts.
package struct PriceContext: Hashable, Sendable {
    /// The tier that served the call, as the reply names it.
    package var serviceTier: String?
    package var inferenceGeo: String?
    /// The place of the provider that served the call.
    package var region: String?
    /// Decides between prices of the day and of the night.
    package var moment: Instant?
    /// Input tokens that decide the context tier, where they are not those of the usage: it is
    /// then the sum of several requests.
    package var contextInput: Int64?
    /// Of generated images, as asked for.
    package var imageSize: String?
    package var imageQuality: String?

    package init(serviceTier: String? = nil, inferenceGeo: String? = nil) {
        self.serviceTier = serviceTier
        self.inferenceGeo = inferenceGeo
    }

    subscript(_ condition: PriceCondition) -> String? {
        switch condition {
        case .inferenceGeo: inferenceGeo
        case .region: region
        }
    }
}
