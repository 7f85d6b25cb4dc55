internal import Accounting
internal import Dialects
internal import Metering

/// Says whom a call is from and for: the key decides, and what the client says counts where the
/// key's policy trusts it. Our own header goes before others', and headers before the body.
struct Attribution {
    let caller: Caller
    let fields: RequestFields
    let facts: RequestFacts

    /// Returns what is missing, by the key's policy.
    func apply(to record: inout RequestRecord) -> GatewayError? {
        let policy = caller.policy
        var uncounted: [String] = []
        // A name is kept as a text, which holds no NUL in any store.
        let stated = fields.user ?? facts.user?.replacing("\0", with: "")
        let claimedUser = policy.trusted.contains(.user) ? stated : nil
        record.userID = claimedUser ?? caller.userID
        var attributes = CallAttributes(user: record.userID)
        applyProject(to: &record, &attributes, &uncounted)
        record.keyID = caller.keyID
        attributes.keys = [caller.keyName, caller.keyID].compactMap { $0 }
        record.sessionID = fields.session
        if policy.trusted.contains(.session) {
            attributes.session = fields.session
        } else if fields.session != nil {
            uncounted.append(KeyPolicy.Claim.session.rawValue)
        }
        record.conversationID = fields.conversation
        applyTags(to: &record, &attributes, &uncounted)
        record.uncounted = uncounted
        record.attributes = attributes
        return policy.required.first { !Self.has($0, attributes) }.map { missing in
            .missingAttribute(missing, isClaimed: uncounted.contains(missing))
        }
    }

    private func applyProject(
        to record: inout RequestRecord, _ attributes: inout CallAttributes,
        _ uncounted: inout [String]
    ) {
        let isTrusted = caller.policy.trusted.contains(.project)
        let claimed = isTrusted ? fields.project : nil
        record.projectID = claimed ?? caller.projectID ?? fields.project
        attributes.project = claimed ?? caller.projectID
        if record.projectID != nil, attributes.project == nil {
            uncounted.append(KeyPolicy.Claim.project.rawValue)
        }
    }

    /// A pinned tag stands before the client's of the same name.
    private func applyTags(
        to record: inout RequestRecord, _ attributes: inout CallAttributes,
        _ uncounted: inout [String]
    ) {
        let pinned = caller.policy.tags
        let names = Set(pinned.map(\.name))
        let claimed = fields.tags.filter { !names.contains($0.name) }
        let all = pinned + claimed
        guard !all.isEmpty else { return }
        var object = JSONObjectText()
        for tag in all { object.add(tag.name, tag.value) }
        record.tags = object.closed
        if caller.policy.trusted.contains(.tags) {
            attributes.tags = all
        } else {
            attributes.tags = pinned
            uncounted += claimed.map { "tag:\($0.name)" }
        }
    }

    private static func has(_ name: String, _ attributes: CallAttributes) -> Bool {
        switch name {
        case "project": attributes.project != nil
        case "session": attributes.session != nil
        case "user": true
        default: attributes.tags.contains { "tag:\($0.name)" == name }
        }
    }
}

extension GatewayError {
    fileprivate static func missingAttribute(_ name: String, isClaimed: Bool) -> GatewayError {
        let header =
            name.hasPrefix("tag:")
            ? "x-spendfuse-tags: \(name.dropFirst(4))=VALUE" : "x-spendfuse-\(name): VALUE"
        let remedy =
            isClaimed
            ? "the key does not trust what its clients say of it; create it with '--trust'"
            : "send the header '\(header)'"
        return GatewayError(
            .missingAttribute, status: 400,
            "the key of this call requires the attribute '\(name)': \(remedy.headerSafe);"
                + " nothing was sent upstream")
    }
}
