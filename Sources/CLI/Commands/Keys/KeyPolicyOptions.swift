internal import Accounting
internal import ArgumentParser
internal import Gateway

/// What a key pins, trusts and requires.
struct KeyPolicyOptions: ParsableArguments {
    @Option(
        name: .customLong("tag"),
        help: "A tag of every call of the key, NAME=VALUE; may be given more than once.")
    var tags: [String] = []

    @Option(
        name: .long,
        help: "Claims of clients that count for limits: user, project, session, tags.")
    var trust: String?

    @Option(
        name: .customLong("require"),
        help: "Attributes without which a call is refused: project, session, tag:NAME.")
    var requirements: String?

    @Option(name: .long, help: "Status of a refusal by a spent limit: 402, 429, 403 or 400.")
    var blockStatus = 402

    func policy() throws -> KeyPolicy {
        var policy = KeyPolicy()
        for tag in tags {
            guard let scope = Scope(text: "tag:\(tag)"), !scope.isMissing, !scope.isEach,
                let name = scope.tagName
            else { throw ValidationError("--tag: '\(tag)' is not NAME=VALUE") }
            guard !policy.tags.contains(where: { $0.name == name }) else {
                throw ValidationError("--tag: '\(name)' stands twice")
            }
            policy.tags.append(CallAttributes.Tag(name: name, value: scope.value))
        }
        for word in Self.words(trust) {
            guard let claim = KeyPolicy.Claim(rawValue: word) else {
                let known = KeyPolicy.Claim.allCases.map(\.rawValue).joined(separator: ", ")
                throw ValidationError("--trust: '\(word)' is not one of \(known)")
            }
            policy.trusted.insert(claim)
        }
        for word in Self.words(requirements) {
            let isTag = word.hasPrefix("tag:") && word.utf8.count > 4 && !word.contains("=")
            guard isTag || ["project", "session"].contains(word) else {
                throw ValidationError(
                    "--require: '\(word)' is not one of project, session, tag:NAME")
            }
            policy.required.append(word)
        }
        try checkRequirements(policy)
        guard KeyPolicy.blockStatuses.contains(blockStatus) else {
            throw ValidationError("--block-status must be 402, 429, 403 or 400")
        }
        policy.blockStatus = blockStatus
        return policy
    }

    /// What is required must be something that can count.
    private func checkRequirements(_ policy: KeyPolicy) throws {
        for word in policy.required {
            let claim: KeyPolicy.Claim = word == "session" ? .session : .tags
            let isPinned = policy.tags.contains { "tag:\($0.name)" == word }
            guard word == "project" || isPinned || policy.trusted.contains(claim) else {
                throw ValidationError(
                    "--require \(word): nothing could meet it; add --trust \(claim.rawValue)")
            }
        }
    }

    private static func words(_ list: String?) -> [String] {
        (list ?? "").split(separator: ",").map { $0.filter { $0 != " " } }.map { String($0) }
    }
}
