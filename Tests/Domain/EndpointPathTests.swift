import Dialects
import Testing

@Suite("Paths of operations")
struct EndpointPathTests {
    static func find(
        _ text: String, _ dialects: [Dialect], method: String = "POST"
    ) -> EndpointPath? {
        EndpointPath(method: method, segments: text.split(separator: "/"), dialects: dialects)
    }

    @Test(
        "are found with any version segments before them, none of which comes twice",
        arguments: [
            ("/v1/chat/completions", Dialect.openai, Endpoint.chatCompletions, "/v1"),
            ("/v1/v1/messages", .anthropic, .messages, "/v1"),
            ("/v1/messages/count_tokens", .anthropic, .countTokens, "/v1"),
            ("/openai/v1/chat/completions", .openai, .chatCompletions, "/openai/v1"),
            ("/api/v1/responses", .openai, .responses, "/api/v1"),
            ("/v1beta/openai/embeddings", .openai, .embeddings, "/v1beta/openai"),
            ("/v2/chat", .cohere, .cohereChat, "/v2"),
            ("/v1/chat", .cohere, .cohereChat, "/v1"),
            ("/openai/threads/t1/runs", .openai, .runs, "/openai"),
            ("/v1/engines/davinci/completions", .openai, .completions, "/v1"),
            ("/v1/complete", .anthropic, .messages, "/v1"),
            ("/api/generate", .ollama, .ollamaGenerate, "/api"),
        ])
    func prefixes(text: String, dialect: Dialect, endpoint: Endpoint, prefix: String) throws {
        let found = try #require(Self.find(text, [dialect]))
        #expect(found.endpoint == endpoint && found.prefix == prefix)
        #expect(Self.find(text, [dialect], method: "PATCH") == nil)
    }

    @Test(
        "say which model, place and object they name",
        arguments: [
            ("/v1beta/models/gemini-x:generateContent", Dialect.gemini, "gemini-x", nil as String?),
            (
                "/v1/projects/p/locations/us-east5/publishers/anthropic/models/claude-x@1:rawPredict",
                .gemini, "claude-x@1", "us-east5"
            ),
            ("/openai/deployments/mine/chat/completions", .openai, "mine", nil),
            (
                "/model/us.amazon.nova-micro-v1%3A0/converse", .bedrock,
                "us.amazon.nova-micro-v1:0", nil
            ),
        ])
    func names(text: String, dialect: Dialect, model: String, location: String?) throws {
        let found = try #require(Self.find(text, [dialect]))
        #expect(found.model == model && found.location == location)
    }

    @Test("are told apart by dialect where an upstream speaks several")
    func several() {
        #expect(Self.find("/v1/embeddings", [.ollama, .openai])?.endpoint == .embeddings)
        #expect(Self.find("/api/embeddings", [.ollama, .openai])?.endpoint == .ollamaEmbed)
        #expect(Self.find("/v1/responses/resp_1", [.openai], method: "GET")?.objectID == "resp_1")
        #expect(Self.find("/v1/fine_tuning/jobs", [.openai]) == nil)
        #expect(Self.find("/v1/realtime", [.openai]) == nil)
    }

    @Test(
        "have no segment that two parsers could read differently",
        arguments: ["..", ".", "a%2Fb", "a%2e", "a b", "a;b", "ä", "a\\b", "%3A%2F"])
    func segments(text: String) {
        #expect(!EndpointPath.isPlain(Substring(text)))
    }

    @Test("may have the escapes that stand in the ids of Bedrock's models")
    func escapes() {
        #expect(EndpointPath.isPlain("anthropic.claude-v2%3A1"))
        #expect(EndpointPath.isPlain("arn%3Aaws%3Abedrock%3Aus-east-1%3A1%3Aprofile%2Fx"))
    }
}
