package import Metering

/// Reads which stored object a reply describes: a file, or a batch of requests, whose results come
/// later in a file of their own.
///
/// Source: OpenAI API reference, files and batches; Anthropic API reference, message batches.
package struct StoredObjectReader: UsageReader {
    private enum Place: Int32 { case objectID = 100, outputID, errorMessage, status }

    /// Ends of a batch; one that ends so without results has run nothing.
    private static let ends: Set<String> = ["failed", "cancelled", "expired", "completed"]

    package static let outline = JSONOutline { outline in
        outline.want("id", as: Place.objectID.rawValue)
        outline.want("output_file_id", as: Place.outputID.rawValue)
        outline.want("status", as: Place.status.rawValue)
        outline.want("error.message", as: Place.errorMessage.rawValue)
    }

    package private(set) var reading = UsageReading()
    /// Whether the object is work that goes on.
    private let isPending: Bool
    private var status: String?

    package init(isPending: Bool = false) { self.isPending = isPending }

    package mutating func documentBegan() {}

    package mutating func scanned(_ name: Int32, _ scalar: JSONScalar, at range: Range<Int>) {
        guard case .string(let text) = scalar else { return }
        switch Place(rawValue: name) {
        case .objectID:
            reading.objectID = text
            if isPending { reading.pendingID = text }
        case .outputID: reading.outputObjectID = text
        case .errorMessage: reading.errorMessage = text
        case .status: status = text
        case nil: break
        }
    }

    package mutating func documentEnded(isValid: Bool) {
        guard isValid, !isPending, let status, Self.ends.contains(status),
            reading.outputObjectID == nil
        else { return }
        reading.usage = Usage()
    }
}
