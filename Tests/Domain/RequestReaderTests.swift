import Dialects
import Foundation
import Pricing
import Testing

@Suite("Request reading")
struct RequestReaderTests {
    static func read(_ text: String, _ endpoint: Endpoint = .chatCompletions) throws -> RequestFacts
    {
        try endpoint.readRequest(
            RequestInput(
                body: Array(text.utf8), contentType: "application/json", query: nil,
                pathModel: nil, path: ""))
    }

    @Test("finds what bounds the cost")
    func facts() throws {
        let facts = try Self.read(
            """
            {"model":"gpt-x","max_tokens":10,"max_completion_tokens":20,"n":3,"user":"u",
            "service_tier":"flex","messages":[{"role":"user","content":"hi"}]}
            """)
        #expect(facts.model == "gpt-x" && facts.user == "u" && !facts.streams)
        #expect(facts.basis.outputCap == 20 && facts.basis.choices == 3)
        #expect(facts.basis.serviceTier == "flex")
        if case .bytes = facts.basis.input {} else { Issue.record("text is bounded by its bytes") }
    }

    @Test(
        "bounds by the context window what is not in the body",
        arguments: [
            (
                #"{"model":"m","messages":[{"content":[{"type":"image_url"}]}]}"#,
                Endpoint.chatCompletions
            ),
            (
                #"{"model":"m","messages":[{"content":[{"type":"something_new"}]}]}"#,
                .chatCompletions
            ),
            (#"{"model":"m","previous_response_id":"resp_1","input":"x"}"#, .responses),
            (#"{"model":"m","prompt":{"id":"pmpt_1"}}"#, .responses),
            (#"{"model":"m","input":[{"content":[{"type":"input_file"}]}]}"#, .responses),
            (
                #"{"model":"m","messages":[{"content":[{"type":"document"}]}],"max_tokens":1}"#,
                .messages
            ),
        ])
    func outside(text: String, endpoint: Endpoint) throws {
        if case .bytes = try Self.read(text, endpoint).basis.input {
            Issue.record("the bytes of the body do not bound this")
        }
    }

    @Test(
        "knows tools that run at the provider",
        arguments: [
            (#"{"model":"m","tools":[{"type":"web_search"}]}"#, Endpoint.responses, ["web_search"]),
            (#"{"model":"m","tools":[{"type":"function"},{"type":"mcp"}]}"#, .responses, ["mcp"]),
            (
                #"{"model":"m","max_tokens":1,"tools":[{"type":"bash_20250124"},{"name":"x"}]}"#,
                .messages, []
            ),
            (
                #"{"model":"m","max_tokens":1,"tools":[{"type":"web_fetch_20250910"}]}"#, .messages,
                ["web_fetch_20250910"]
            ),
            (#"{"model":"m","web_search_options":{}}"#, .chatCompletions, ["web_search_options"]),
        ])
    func tools(text: String, endpoint: Endpoint, hosted: [String]) throws {
        #expect(try Self.read(text, endpoint).basis.hostedTools == hosted)
    }

    @Test(
        "refuses bodies that two parsers could read differently",
        arguments: [
            #"{"model":"a","model":"b"}"#, #"{"model":"a","mod\u0065l":"b"}"#,
            #"{"model":"a","stream":true,"stream":false}"#, #"{"model":"a"} x"#,
            #"{"model":"a","n":1,"n":100}"#, #"{"model":"a","max_tokens":1,"max_tokens":9}"#,
            #"{"model":["a"]}"#, #"{"model":5}"#, #"{"model":""}"#,
            #"{"model":"a","stream":"yes"}"#,
            #"{"model":"a","n":0}"#, #"{"model":"a","n":-1}"#, #"{"model":"a","n":1.5}"#,
            #"{"model":"a","max_tokens":"5"}"#, #"{"model":"a","max_tokens":-1}"#, "[]", "5", "",
            #"{"model":"a","stream_options":[]}"#,
        ])
    func refuses(text: String) {
        #expect(throws: RequestProblem.self) { try Self.read(text) }
    }

    @Test(
        "splices include_usage in, whatever the request said of it",
        arguments: [
            #"{"model":"a","stream":true}"#,
            #" {  "stream":true,"model":"a"}"#,
            #"{"model":"a","stream":true,"stream_options":null}"#,
            #"{"model":"a","stream":true,"stream_options":{"include_usage":false}}"#,
            #"{"model":"a","stream":true,"stream_options":{"include_obfuscation":true}}"#,
            #"{"model":"a","stream":true,"stream_options":{"include_usage": null ,"x":1}}"#,
        ])
    func splices(text: String) throws {
        let splice = try #require(try Self.read(text).usageSplice)
        let body = splice.apply(to: Array(text.utf8))
        let object = try JSONSerialization.jsonObject(with: Data(body)) as? [String: Any]
        let options = object?["stream_options"] as? [String: Any]
        #expect(options?["include_usage"] as? Bool == true)
        #expect(object?["model"] as? String == "a")
    }

    @Test("splices an empty stream_options into valid JSON")
    func emptyOptions() throws {
        let text = #"{"model":"a","stream":true,"stream_options":{}}"#
        let splice = try #require(try Self.read(text).usageSplice)
        let body = splice.apply(to: Array(text.utf8))
        #expect((try? JSONSerialization.jsonObject(with: Data(body))) != nil)
    }

    @Test("leaves a body alone that asks for usage, or streams nothing")
    func leaves() throws {
        let asks = #"{"model":"a","stream":true,"stream_options":{"include_usage":true}}"#
        #expect(try Self.read(asks).usageSplice == nil)
        #expect(try Self.read(#"{"model":"a","stream":false}"#).usageSplice == nil)
        #expect(try Self.read(#"{"model":"a","stream":true}"#, .responses).usageSplice == nil)
    }

    @Test(
        "knows every tool of Gemini that is not the client's own as hosted",
        arguments: [
            (#"{"tools":[{"functionDeclarations":[{"name":"f"}]}]}"#, 0),
            (#"{"tools":[{"googleSearch":{}}]}"#, 1), (#"{"tools":{"urlContext":{}}}"#, 1),
            (#"{"tools":[{"functionDeclarations":[]},{"toolOfTomorrow":{"x":1}}]}"#, 1),
        ])
    func geminiTools(text: String, hosted: Int) throws {
        #expect(try Self.read(text, .generateContent).basis.hostedTools.count == hosted)
    }

    @Test("bounds Gemini's media by the context window, however the request is spelled")
    func geminiMedia() throws {
        for text in [
            #"{"contents":{"parts":{"fileData":{"fileUri":"x"}}}}"#,
            #"{"contents":[{"parts":[{"inline_data":{}}]}]}"#,
            #"{"contents":[{"parts":[{"functionResponse":{"parts":[{"inlineData":{}}]}}]}]}"#,
        ] {
            if case .bytes = try Self.read(text, .generateContent).basis.input {
                Issue.record("bytes do not bound \(text)")
            }
        }
        let snake = #"{"generation_config":{"candidate_count":3,"max_output_tokens":7}}"#
        let basis = try Self.read(snake, .generateContent).basis
        #expect(basis.choices == 3 && basis.outputCap == 7)
    }

    @Test("counts texts that are completed at once, and models that may serve in turn")
    func many() throws {
        let prompts = #"{"model":"m","prompt":["a","b","c"],"n":2}"#
        #expect(try Self.read(prompts, .completions).basis.choices == 6)
        let tokens = #"{"model":"m","prompt":[1,2,3]}"#
        #expect(try Self.read(tokens, .completions).basis.choices == 1)
        let models = #"{"model":"a","models":["a","b"],"messages":[]}"#
        #expect(try Self.read(models).alternatives == ["a", "b"])
    }

    @Test("takes forms only where the operation does")
    func forms() throws {
        let form =
            "--b\r\nContent-Type: x; name=n\r\nContent-Disposition: form-data; name=\"n\""
            + "\r\n\r\n4\r\n--b--\r\n"
        let input = RequestInput(
            body: Array(form.utf8), contentType: "multipart/form-data; boundary=b", query: nil,
            pathModel: nil, path: "")
        #expect(throws: RequestProblem.self) { try Endpoint.chatCompletions.readRequest(input) }
        #expect(try Endpoint.images.readRequest(input).basis.choices == 4)
    }
}
