internal import Accounting
internal import App
internal import ArgumentParser
internal import Stores

struct RateCommand: ParsableCommand {
    enum Word: String, CaseIterable, ExpressibleByArgument {
        case up, neutral, down

        var rating: CallRating {
            switch self {
            case .up: .up
            case .neutral: .neutral
            case .down: .down
            }
        }
    }

    static let configuration = CommandConfiguration(
        commandName: "rate", abstract: "Says how good an answer was, for the figures of its model.",
        discussion: """
            Example:
              spendfuse rate 019a2b3c-4d5e-7f60-8123-456789abcdef up
            """)

    @OptionGroup var shared: SharedOptions

    @Argument(help: "The call's id, as calls, top and the header x-spendfuse-request-id have it.")
    var call: String

    @Argument(help: "up, neutral or down.")
    var rating: Word

    func run() throws {
        guard let id = CallID(text: call) else {
            throw ValidationError("'\(call)' is not a call's id; look at 'spendfuse calls'")
        }
        let store = try shared.ledger()
        let isKnown = try Failure.reported(exit: .storeUnreachable) {
            try store.rate(id, rating.rating)
        }
        guard isKnown else {
            StandardError.print(
                "spendfuse: no call \(call) was measured; refused calls are not")
            throw ExitCode.failure
        }
        print("rated \(call) \(rating.rawValue)")
    }
}
