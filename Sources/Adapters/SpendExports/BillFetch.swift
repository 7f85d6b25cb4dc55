package import Chronology
internal import Curl
internal import Foundation

/// Asks a provider's administration interface what it charges.
package struct BillFetch {
    private static let timeoutMilliseconds = 30_000
    /// Of one page.
    private static let maximumBytes = 64 << 20
    /// More days of costs than any span has pages.
    private static let maximumPages = 50

    private let environment: [String: String]
    private let certificateFile: String?

    package init(environment: [String: String], certificateFile: String?) {
        self.environment = environment
        self.certificateFile = certificateFile
    }

    private struct Endpoint: Sendable {
        let keyName: String
        /// Another address of the same interface, as tests have it.
        let baseName: String
        let base: String
        let path: String
        let header: @Sendable (String) -> [String]
    }

    private static let openAI = Endpoint(
        keyName: "OPENAI_ADMIN_KEY", baseName: "OPENAI_ADMIN_URL", base: "https://api.openai.com",
        path: "/v1/organization/costs?bucket_width=1d&limit=180",
        header: { ["Authorization: Bearer \($0)"] })
    private static let anthropic = Endpoint(
        keyName: "ANTHROPIC_ADMIN_KEY", baseName: "ANTHROPIC_ADMIN_URL",
        base: "https://api.anthropic.com",
        path: "/v1/organizations/cost_report?bucket_width=1d&limit=31",
        header: { ["x-api-key: \($0)", "anthropic-version: 2023-06-01"] })

    /// Every page of the costs of a span.
    package func costs(
        of provider: BillReader.Provider, since: Instant, until: Instant
    ) throws(ExportProblem) -> ExportFile {
        let endpoint: Endpoint
        let span: String
        switch provider {
        case .openai:
            endpoint = Self.openAI
            span = "&start_time=\(since.seconds)&end_time=\(until.seconds)"
        case .anthropic:
            endpoint = Self.anthropic
            span = "&starting_at=\(since.shortText)&ending_at=\(until.shortText)"
        case .google:
            throw ExportProblem(
                "Google has no interface for costs; export the billing report by date as CSV")
        }
        guard let key = environment[endpoint.keyName], !key.isEmpty,
            key.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        else {
            throw ExportProblem(
                "\(endpoint.keyName) is not set: make an admin key at the provider, and put it"
                    + " into the environment; or name a file")
        }
        let base = environment[endpoint.baseName] ?? endpoint.base
        var pages: [JSONDocument] = []
        var next: String?
        repeat {
            let page = next.map { "&page=\($0)" } ?? ""
            let json = try get(base + endpoint.path + span + page, endpoint.header(key))
            next = json["has_more"]?.flag == true ? json["next_page"]?.text : nil
            pages.append(json)
        } while next != nil && pages.count < Self.maximumPages
        guard next == nil else {
            throw ExportProblem(
                "the provider has more than \(Self.maximumPages) pages; name fewer days")
        }
        return .json(.array(pages))
    }

    private func get(_ url: String, _ headers: [String]) throws(ExportProblem) -> JSONDocument {
        let answer: (reply: Message.Reply, body: [UInt8])
        do throws(CurlError) {
            let message = try Message(
                url: url, protocols: url.hasPrefix("http://") ? "http" : "https",
                timeoutMilliseconds: Self.timeoutMilliseconds, certificateFile: certificateFile)
            answer = try message.get(
                headers: headers + ["User-Agent: spendfuse"], maximumBytes: Self.maximumBytes)
        } catch {
            throw ExportProblem("the provider cannot be asked: \(error)")
        }
        guard answer.reply.status == 200 else {
            throw ExportProblem(
                "the provider answered \(answer.reply.status): is the key an admin key of the"
                    + " organization?")
        }
        guard
            let json = try? JSONDecoder().decode(JSONDocument.self, from: Data(answer.body))
        else { throw ExportProblem("the provider's answer is not JSON") }
        return json
    }
}
