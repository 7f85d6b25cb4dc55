internal import Hummingbird

/// Why a page cannot be shown: what was wrong with the request, for whoever made it.
struct PageProblem: Error, Sendable {
    let status: HTTPResponse.Status
    let text: String

    init(_ status: HTTPResponse.Status, _ text: String) {
        self.status = status
        self.text = text
    }
}
