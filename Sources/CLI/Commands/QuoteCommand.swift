internal import App
internal import ArgumentParser
internal import Chronology
internal import Config
internal import Foundation
internal import Metering
internal import Money
internal import Pricing
internal import Reporting

struct QuoteCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "quote", abstract: "Says what a call would cost.",
        discussion: """
            Examples:
              spendfuse quote --provider openai --model gpt-5 --input-tokens 12000
              spendfuse quote --provider anthropic --model claude-sonnet-4-5 \\
                --input-tokens 900 --count cache_read=50000
              spendfuse quote --provider openai --model dall-e-3 --count image=2 \\
                --image-size 1024x1024
              spendfuse quote --file usages.jsonl     one answer for each line
            A line of the file: {"provider":"openai","model":"gpt-5","at":"2026-11-20", \
            "service_tier":"flex","usage":{"input":1200,"output":80}}
            """)

    @OptionGroup var shared: SharedOptions
    @OptionGroup var output: FormatOption

    @Option(name: .long, help: "The model, by any name that its price sheet knows.")
    var model: String?

    @Option(name: .long, help: "Whose price; needed where several sell the model.")
    var provider: String?

    @Option(name: .long, help: "Tokens sent that are neither cached nor sound nor pictures.")
    var inputTokens: Int64 = 0

    @Option(name: .long, help: "Tokens that come back, with reasoning.")
    var outputTokens: Int64 = 0

    @Option(name: .long, help: "Another class or piece: cache_read=500, web_search=2, image=1.")
    var count: [String] = []

    @Option(name: .long, help: "The tier that serves the call: batch, flex, priority.")
    var serviceTier: String?

    @Option(name: .long, help: "The place that serves the call.")
    var region: String?

    @Option(name: .long, help: "The size of generated images.")
    var imageSize: String?

    @Option(name: .long, help: "The quality of generated images.")
    var imageQuality: String?

    @Option(name: .long, help: "When: a date, or a moment in UTC (default: now).")
    var at: String?

    @Option(name: .long, help: "Answer each line of this file of JSON objects; - reads stdin.")
    var file: String?

    func validate() throws {
        guard (model == nil) != (file == nil) else {
            throw ValidationError("name either --model or --file")
        }
    }

    func run() throws {
        let prices = try shared.prices()
        let now = SystemClock().now()
        guard let model else { return try answerLines(prices, now) }
        let inquiry = try inquiry(model)
        let (entry, breakdown) = try Failure.reported {
            try inquiry.breakdown(in: prices, now: now)
        }
        var table = breakdown.table
        table.facts = [
            ("provider", entry.provider), ("model", entry.model.model),
            ("price_version", entry.version),
        ]
        let unpriced = CostModel.unpricedPieces(
            of: inquiry.usage, at: entry, context: inquiry.context)
        if !unpriced.isEmpty {
            let names = unpriced.map(\.rawValue).joined(separator: ", ")
            table.facts.append(("not priced", names))
        }
        output.show(table)
    }

    private func inquiry(_ model: String) throws -> PriceInquiry {
        var inquiry = PriceInquiry(model: model)
        inquiry.provider = provider
        inquiry.usage[.input] = try Self.positive(inputTokens, "--input-tokens")
        inquiry.usage[.output] = try Self.positive(outputTokens, "--output-tokens")
        for text in count {
            let parts = text.split(separator: "=", maxSplits: 1)
            guard parts.count == 2, let number = Int64(parts[1]),
                (0...UsageBounds.maximumTokens).contains(number)
            else {
                throw ValidationError("--count \(text): write CLASS=NUMBER")
            }
            if let tokenClass = TokenClass(rawValue: String(parts[0])) {
                inquiry.usage[tokenClass] = number
            } else if let unit = FeeUnit(rawValue: String(parts[0])) {
                inquiry.usage[unit] = number
            } else {
                let known = TokenClass.all.map(\.rawValue) + FeeUnit.all.map(\.rawValue)
                throw ValidationError(
                    "--count \(text): it knows \(known.joined(separator: ", "))")
            }
        }
        inquiry.context = PriceContext(serviceTier: serviceTier)
        inquiry.context.region = region
        inquiry.context.imageSize = imageSize
        inquiry.context.imageQuality = imageQuality
        if let at {
            guard let moment = Instant(text: at) else {
                throw ValidationError("--at \(at): write 2026-11-20 or 2026-11-20T16:30:00Z")
            }
            inquiry.context.moment = moment
        }
        return inquiry
    }

    private static func positive(_ number: Int64, _ option: String) throws -> Int64 {
        guard (0...UsageBounds.maximumTokens).contains(number) else {
            throw ValidationError(
                "\(option) is a number of tokens up to \(UsageBounds.maximumTokens)")
        }
        return number
    }

    private func answerLines(_ prices: PriceBook, _ now: Instant) throws {
        var failures = 0
        func answer(_ line: String) {
            let answer = PriceInquiry.answer(line, in: prices, now: now)
            failures += answer.hasPrefix("{\"error\"") ? 1 : 0
            print(answer)
        }
        defer {
            if failures > 0 { StandardError.print("spendfuse: \(failures) lines have no answer") }
        }
        if file == "-" {
            while let line = readLine() { answer(line) }
            return
        }
        guard let file, let data = FileManager.default.contents(atPath: file) else {
            StandardError.print("spendfuse: the file \(file ?? "") cannot be read")
            throw ExitCode.failure
        }
        for line in data.split(separator: UInt8(ascii: "\n")) {
            answer(String(decoding: line, as: UTF8.self))
        }
    }
}
