import Accounting
import Chronology
import Crypto
import Dialects
import Gateway
import Money
import Pricing
import TestSupport
import Testing

/// One exchange at a time, with a disk, an upstream and a client that do what the test says.
@Suite("RequestPath")
struct RequestPathTests {
    static let sheet = """
        schema: 1
        provider: openai
        version: 2026-11-20
        models:
          - id: penny
            context_window: 1000
            maximum_output: 100
            prices: [{ per_million: { input: 0, output: 100 } }]
        """
    static let body = #"{"model":"penny","max_tokens":100,"messages":[]}"#
    static let answer = #"{"model":"penny","usage":{"prompt_tokens":9,"completion_tokens":40}}"#

    struct IDs: CallIDSource {
        func next() -> CallID { CallID(milliseconds: 1, random: (2, 3)) }
    }

    final class Stage {
        let journal = ScriptedJournal()
        let upstream = ScriptedUpstream()
        let client = RecordingDownstream()
        let clock = TestClock("2026-11-20T10:00:00")
        let bookkeeper: Bookkeeper
        let path: RequestPath

        init(
            _ body: String = RequestPathTests.body, limit: String? = nil,
            policy: Upstream.DisconnectPolicy = .drain, fields: [HeaderField] = [],
            path target: String = "/v1/chat/completions"
        ) throws {
            bookkeeper = Bookkeeper(ledger: Ledger(), journal: journal, clock: clock)
            if let limit {
                let wanted = bookkeeper.setBudgets([
                    Budget(
                        scope: .system, limits: [.daily: try Amount(dollars: limit)], mode: .enforce
                    )
                ])
                bookkeeper.count([], for: wanted, isLast: true)
            }
            let upstreams = [
                Upstream(
                    name: "openai", dialects: [.openai], provider: "openai",
                    url: "https://up.example", key: Secret("sk-ours"),
                    onClientDisconnect: policy, allowsPlainHTTP: false)
            ]
            let sheet = try PriceSheetReader(file: "t").read(
                RequestPathTests.sheet, provider: "openai")
            let pepper = SymmetricKey(data: [1, 2, 3])
            let books = GatewayBooks(
                routes: RouteTable(upstreams: upstreams), prices: PriceBook(sheets: [sheet]),
                keyRing: KeyRing(
                    mode: .passThrough, defaultUser: "default", pepper: pepper,
                    keys: [
                        KeyRing.digest(of: "sf_secret", pepper: pepper): GatewayKey(
                            id: "key_1", name: "web", userID: "u1", projectID: nil)
                    ]))
            path = RequestPath(
                GatewayRequest(
                    method: "POST", path: target, query: nil, fields: fields,
                    body: Array(body.utf8)),
                services: GatewayServices(
                    bookkeeper: bookkeeper, clock: clock, ids: IDs(), books: books),
                upstream: upstream,
                receipt: JournalReceipt(
                    loop: 0, address: ExchangeAddress(lane: 0, generation: 0)),
                downstream: client)
            path.begin()
        }

        func journalWrites() {
            if !journal.write().isEmpty { path.receive(.journaled(true)) }
        }

        func answer(_ status: Int = 200, _ text: String, type: String = "application/json") {
            path.receive(
                .upstreamHead(
                    UpstreamHead(status: status, fields: [HeaderField("Content-Type", type)])))
            path.receive(.upstreamBody(Array(text.utf8)))
        }

        var held: Amount { bookkeeper.standings.first?.held ?? .zero }
        var settled: Amount { bookkeeper.standings.first?.settled ?? .zero }
    }

    @Test("sends nothing before its hold is durable, and no last byte before its row is")
    func order() throws {
        let stage = try Stage(limit: "1")
        #expect(stage.held.dollars == "0.010000000000" && stage.upstream.commands.isEmpty)
        stage.journalWrites()
        #expect(
            stage.upstream.commands == [
                .start(url: "https://up.example/v1/chat/completions")
            ])
        stage.answer(200, Self.answer)
        stage.path.receive(.upstreamEnded(.complete))
        #expect(!stage.client.isFinished && stage.client.body.isEmpty)
        #expect(stage.held == .zero && stage.settled.dollars == "0.004000000000")
        stage.journalWrites()
        #expect(stage.client.isFinished && stage.client.text == Self.answer)
        #expect(
            stage.client.head?.fields.contains(
                HeaderField("x-spendfuse-cost-usd", "0.004000000000")) == true)
        #expect(stage.path.isDone && stage.bookkeeper.openHolds == 0)
    }

    @Test("answers 503 and sends nothing where the hold cannot be written")
    func diskFails() throws {
        let stage = try Stage(limit: "1")
        _ = stage.journal.fail()
        stage.path.receive(.journaled(false))
        #expect(stage.client.head?.status == 503 && stage.upstream.commands.isEmpty)
        #expect(stage.held == .zero && stage.bookkeeper.openHolds == 0)
    }

    @Test("gives a hold back where its client left before anything was sent")
    func leavesWhileHolding() throws {
        let stage = try Stage(limit: "1")
        stage.path.clientLeft()
        stage.journalWrites()
        #expect(stage.upstream.commands.isEmpty && stage.held == .zero)
        stage.journalWrites()
        #expect(stage.path.isDone && stage.journal.rows.first?.cost == .zero)
    }

    @Test(
        "books what broke off at its hold, and what was never sent at nothing",
        arguments: [
            (UpstreamOutcome.broken(UpstreamFailure(.brokenOff, "reset")), "0.010000000000", 502),
            (.broken(UpstreamFailure(.timedOut, "slow")), "0.010000000000", 504),
            (.notSent(UpstreamFailure(.unreachable, "refused")), "0.000000000000", 502),
        ])
    func failures(outcome: UpstreamOutcome, cost: String, status: Int) throws {
        let stage = try Stage(limit: "1")
        stage.journalWrites()
        stage.path.receive(.upstreamEnded(outcome))
        stage.journalWrites()
        #expect(stage.client.head?.status == status && stage.settled.dollars == cost)
        #expect(stage.journal.rows.first?.cost.dollars == cost)
        #expect(stage.held == .zero && stage.path.isDone)
    }

    @Test(
        "never books a reply without usable usage as free",
        arguments: [
            (200, #"{"model":"penny"}"#, "0.010000000000", "absent"),
            (
                200, #"{"usage":{"prompt_tokens":-5,"completion_tokens":1}}"#, "0.010000000000",
                "invalid"
            ),
            (
                200, #"{"usage":{"prompt_tokens":0,"completion_tokens":0}}"#, "0.000000000000",
                "exact"
            ),
            (429, #"{"error":{"message":"slow down"}}"#, "0.000000000000", "absent"),
            (504, "<html>", "0.010000000000", "absent"),
            (500, Self.answer, "0.004000000000", "exact"),
        ])
    func usage(status: Int, text: String, cost: String, usageStatus: String) throws {
        let stage = try Stage(limit: "1")
        stage.journalWrites()
        stage.answer(status, text)
        stage.path.receive(.upstreamEnded(.complete))
        stage.journalWrites()
        let row = try #require(stage.journal.rows.first)
        #expect(row.cost.dollars == cost && row.usageStatus == usageStatus)
        #expect(stage.client.head?.status == status)
    }

    static let words = #"data: {"choices":[{"delta":{"content":"hello"}}]}"# + "\n\n"
    static let streaming = #"{"model":"penny","max_tokens":100,"stream":true,"messages":[]}"#

    @Test("stops the upstream of a stream whose client left, and books what was seen")
    func abort() throws {
        let stage = try Stage(Self.streaming, policy: .abort)
        stage.journalWrites()
        stage.answer(200, Self.words, type: "text/event-stream")
        stage.path.clientLeft()
        #expect(stage.upstream.commands.last == .cancel)
        stage.journalWrites()
        let row = try #require(stage.journal.rows.first)
        #expect(row.usageStatus == "estimated" && row.outputTokens == 5)
        #expect(row.cost.dollars == "0.000500000000" && stage.path.isDone)
    }

    @Test("reads a stream on under a hard limit, whatever the policy")
    func drainsUnderLimit() throws {
        let stage = try Stage(Self.streaming, limit: "1", policy: .abort)
        stage.journalWrites()
        stage.answer(200, Self.words, type: "text/event-stream")
        stage.path.clientLeft()
        #expect(!stage.upstream.commands.contains(.cancel))
        let end =
            #"data: {"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":60}}"#
            + "\n\ndata: [DONE]\n\n"
        stage.path.receive(.upstreamBody(Array(end.utf8)))
        stage.path.receive(.upstreamEnded(.complete))
        #expect(stage.settled.dollars == "0.006000000000")
    }

    @Test("refuses with the limit, the state and the reset, and writes a row of it")
    func refuses() throws {
        let stage = try Stage(limit: "0.005")
        #expect(stage.client.head?.status == 402 && stage.upstream.commands.isEmpty)
        #expect(stage.client.text.contains("a max_tokens of at most 50 would fit"))
        #expect(stage.client.text.contains("it resets at 2026-11-21T00:00:00Z"))
        stage.journalWrites()
        #expect(stage.journal.refusals.first?.status == .blocked && stage.path.isDone)
    }

    @Test(
        "puts in the provider's key for a gateway key, and never passes ours on",
        arguments: [
            (HeaderField("Authorization", "Bearer sf_secret"), 0),
            (HeaderField("x-api-key", "sf_secret"), 0),
            (HeaderField("Authorization", "Bearer sf_wrong"), 401),
            (HeaderField("Authorization", "Basic sf_wrong"), 401),
            (HeaderField("Authorization", "sf_secret"), 0),
        ])
    func keys(field: HeaderField, refusal: Int) throws {
        let stage = try Stage(fields: [field])
        stage.journalWrites()
        if refusal != 0 {
            #expect(stage.client.head?.status == refusal && stage.upstream.commands.isEmpty)
            return
        }
        let lines = try #require(stage.upstream.lastRequest?.headerLines)
        #expect(lines.contains("Authorization: Bearer sk-ours"))
        #expect(!lines.contains { $0.contains("sf_") })
    }

    @Test("keeps keys that an upstream repeats in an error out of the row")
    func echoedKeys() throws {
        let stage = try Stage(limit: "1")
        stage.journalWrites()
        let message = "Incorrect API key: 'sk-ours-0123456789', key=sk-ours-0123456789."
        stage.answer(401, "{\"error\":{\"message\":\"\(message)\"}}")
        stage.path.receive(.upstreamEnded(.complete))
        stage.journalWrites()
        #expect(
            stage.journal.rows.first?.errorMessage == "Incorrect API key: '***', key=***.")
    }

    @Test("drops events that come after the end")
    func lateEvents() throws {
        let stage = try Stage(limit: "1")
        stage.journalWrites()
        stage.answer(200, Self.answer)
        stage.path.receive(.upstreamEnded(.complete))
        stage.journalWrites()
        stage.path.receive(.upstreamEnded(.complete))
        stage.path.receive(.upstreamBody([1, 2, 3]))
        stage.path.clientLeft()
        #expect(stage.settled.dollars == "0.004000000000" && stage.client.text == Self.answer)
    }

    @Test("holds back the upstream of a client that is behind")
    func backPressure() throws {
        let stage = try Stage(Self.streaming)
        stage.path.downstreamIsReady(false)
        stage.journalWrites()
        #expect(stage.upstream.commands.last == .pause)
        stage.path.downstreamIsReady(true)
        #expect(stage.upstream.commands.last == .resume)
    }
}
