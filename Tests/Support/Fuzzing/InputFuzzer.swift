import Chronology
import Dialects
import Metering
internal import Money
import Pricing

/// Feeds spoiled requests and price sheets to their readers: each is read or refused.
package struct InputFuzzer {
    private var mutator: Mutator

    package init(seed: UInt64) { mutator = Mutator(seed: seed) }

    private static let bodies: [(Endpoint, String)] = [
        (
            .chatCompletions,
            #"{"model":"m","stream":true,"stream_options":{"x":1},"max_tokens":9,"n":2,"messages":[{"role":"user","content":[{"type":"text","text":"é"}]}],"tools":[{"type":"function"}]}"#
        ),
        (
            .responses,
            #"{"model":"m","input":[{"id":"1","type":"reasoning"}],"tools":[{"type":"web_search"}],"background":true}"#
        ),
        (.messages, #"{"model":"m","max_tokens":5,"metadata":{"user_id":"u"},"messages":[]}"#),
        (
            .generateContent,
            #"{"contents":[{"parts":[{"inlineData":{}}]}],"generationConfig":{"maxOutputTokens":5},"tools":[{"googleSearch":{}}]}"#
        ),
        (
            .converse,
            #"{"messages":[{"content":[{"image":{}}]}],"inferenceConfig":{"maxTokens":5}}"#
        ),
        (.speech, #"{"model":"m","input":"a\ud83d\ude00\n"}"#),
        (.images, #"{"model":"m","n":3,"size":"1x1"}"#),
        (.rerank, #"{"model":"m","documents":["a",{"b":1}]}"#),
        (.messageBatches, #"{"requests":[{"params":{"model":"m","max_tokens":3}}]}"#),
    ]

    private static let form =
        "--b\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nm\r\n--b\r\n"
        + "Content-Disposition: form-data; name=\"purpose\"\r\n\r\nbatch\r\n--b\r\n"
        + "Content-Disposition: form-data; name=\"file\"; filename=\"x\"\r\n\r\n"
        + #"{"url":"/v1/responses","body":{"model":"m","input":"x"}}"# + "\r\n--b--\r\n"

    private static let sheet = """
        schema: 1
        provider: p
        version: 2026-11-20
        models:
          - id: m
            aliases: [a]
            matches: ["x*"]
            context_window: 100
            prices:
              - per_million: { input: 1.5, output: 2 }
                context_tiers: [{ above: 10, per_million: { input: 3, output: 4 } }]
                hours: [{ utc: 16:30-00:30, weekdays: [mon], per_million: { input: 1, output: 1 } }]
                multipliers: { region: { "*": 1.1 } }
                per_thousand: { web_search: 10 }
                per_image: [{ size: 1x1, price: 0.04 }]
        """

    package mutating func runRequests(inputs: Int) {
        for _ in 0..<inputs {
            let (endpoint, body) = Self.bodies[mutator.number(below: Self.bodies.count)]
            let other = Self.bodies[mutator.number(below: Self.bodies.count)].1
            let bytes = mutator.mutated(Array(body.utf8), with: Array(other.utf8))
            let input = RequestInput(
                body: bytes, contentType: "application/json", query: "a=b&model=x",
                pathModel: nil, path: "x")
            _ = try? endpoint.readRequest(input)
            if endpoint == .messageBatches { _ = BatchRequests.inMessageBatch(bytes) }
            let form = mutator.mutated(Array(Self.form.utf8), with: Array(body.utf8))
            let upload = RequestInput(
                body: form, contentType: "multipart/form-data; boundary=b", query: nil,
                pathModel: nil, path: "x")
            _ = try? Endpoint.transcriptions.readRequest(upload)
            _ = BatchRequests.inUpload(upload)
        }
    }

    /// A sheet that is read gives no negative cost.
    package mutating func runSheets(inputs: Int) -> [String] {
        var problems: [String] = []
        var usage = Usage()
        usage[.input] = 7
        usage[.output] = 3
        usage[.webSearch] = 1
        for _ in 0..<inputs {
            let bytes = mutator.mutated(Array(Self.sheet.utf8), with: Array(Self.sheet.utf8))
            let text = String(decoding: bytes, as: UTF8.self)
            guard let sheet = try? PriceSheetReader(file: "p.yaml").read(text, provider: "p") else {
                continue
            }
            for entry in PriceBook(sheets: [sheet]).entries(of: "p") {
                let cost = try? CostModel.cost(of: usage, at: entry, context: PriceContext())
                if let cost, cost < .zero { problems.append(text) }
            }
        }
        return problems
    }
}
