internal import Metering
package import Pricing

/// One request of a batch, as far as its cost is concerned.
package struct BatchRequest: Sendable {
    package let model: String
    package let basis: QuoteBasis
}

/// The requests of a batch, read where they are sent: in a file of lines, or in the body itself.
package enum BatchRequests {
    /// The most that OpenAI takes in one file; Anthropic takes 100,000.
    private static let maximumRequests = 100_000

    /// The requests in a file that is uploaded for a batch; nil where the form is for something
    /// else, or a line of it cannot be read.
    package static func inUpload(_ input: RequestInput) -> [BatchRequest]? {
        guard let boundary = input.formBoundary,
            let form = FormFields(input.body, boundary: boundary),
            form.values["purpose"] == "batch", let file = form.file
        else { return nil }
        var requests: [BatchRequest] = []
        for line in input.body[file].split(separator: UInt8(ascii: "\n")) {
            if line.allSatisfy({ $0 <= UInt8(ascii: " ") }) { continue }
            guard requests.count < maximumRequests, let request = request(onLine: Array(line))
            else { return nil }
            requests.append(request)
        }
        return requests.isEmpty ? nil : requests
    }

    /// The requests of an Anthropic message batch, which stand in its body.
    package static func inMessageBatch(_ body: [UInt8]) -> [BatchRequest]? {
        var sink = RequestSink()
        var scanner = JSONScanner(outline: RequestOutlines.messageBatches)
        scanner.push(body.span, into: &sink)
        scanner.finish(into: &sink)
        guard scanner.outcome == .complete, sink.problem == nil, !sink.batchRequests.isEmpty,
            sink.batchRequests.count <= maximumRequests
        else { return nil }
        var requests: [BatchRequest] = []
        for range in sink.batchRequests {
            guard let request = request(Array(body[range]), to: .messages) else { return nil }
            requests.append(request)
        }
        return requests
    }

    private static func request(onLine line: [UInt8]) -> BatchRequest? {
        var sink = LineSink()
        var scanner = JSONScanner(outline: LineSink.outline)
        scanner.push(line.span, into: &sink)
        scanner.finish(into: &sink)
        guard scanner.outcome == .complete, let body = sink.body, let url = sink.url,
            let path = EndpointPath(
                method: "POST", segments: url.split(separator: "/"), dialects: [.openai])
        else { return nil }
        return request(Array(line[body]), to: path.endpoint)
    }

    private static func request(_ body: [UInt8], to endpoint: Endpoint) -> BatchRequest? {
        let input = RequestInput(
            body: body, contentType: nil, query: nil, pathModel: nil, path: "")
        guard endpoint.meterClass == .priced, let facts = try? endpoint.readRequest(input),
            let model = facts.model
        else { return nil }
        var basis = facts.basis
        basis.serviceTier = "batch"
        return BatchRequest(model: model, basis: basis)
    }

    /// A line of a batch's file: `{"custom_id","method","url","body"}`.
    private struct LineSink: JSONSink {
        private enum Place: Int32 { case url, body }

        static let outline = JSONOutline { outline in
            outline.want("url", as: Place.url.rawValue)
            outline.want("body", as: Place.body.rawValue)
        }

        var url: String?
        var body: Range<Int>?
        private var start = 0

        mutating func scanned(_ name: Int32, _ scalar: JSONScalar, at range: Range<Int>) {
            if case .url = Place(rawValue: name), case .string(let text) = scalar { url = text }
        }

        mutating func opened(_ name: Int32, isObject: Bool, at offset: Int) { start = offset }

        mutating func closed(_ name: Int32, at offset: Int) {
            if case .body = Place(rawValue: name) { body = start..<(offset + 1) }
        }
    }
}
