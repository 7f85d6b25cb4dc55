package import Metering

/// Reads the responses API of the OpenAI dialect, and runs of assistants.
///
/// A plain reply is the response itself; a stream carries it whole in `response.completed`,
/// `response.incomplete` or `response.failed`, its last event. In background mode the first reply
/// is a response without usage, and a later look at it states what it came to.
package struct ResponsesUsageReader: UsageReader {
    private enum Place: Int32 {
        case model = 100
        case serviceTier, usage, errorMessage, text, eventType, responseID, status
        case item, itemType, actionType, containerID, toolType
    }

    private static let finalEvents: Set<String> = [
        "response.completed", "response.incomplete", "response.failed", "error",
    ]

    private static let openStatuses: Set<String> = ["queued", "in_progress", "requires_action"]

    package static let outline = JSONOutline { outline in
        for prefix in ["", "response."] {
            outline.want("\(prefix)id", as: Place.responseID.rawValue)
            outline.want("\(prefix)status", as: Place.status.rawValue)
            outline.want("\(prefix)model", as: Place.model.rawValue)
            outline.want("\(prefix)service_tier", as: Place.serviceTier.rawValue)
            outline.want("\(prefix)usage", as: Place.usage.rawValue)
            // A run of an assistant states its usage as a chat completion does.
            for (path, field) in OpenAIUsageField.responsesPaths + OpenAIUsageField.chatPaths {
                outline.want("\(prefix)usage.\(path)", as: field.rawValue)
            }
            BillFields.want(in: "\(prefix)usage", of: &outline)
            outline.want("\(prefix)error.message", as: Place.errorMessage.rawValue)
            outline.want("\(prefix)output[]", as: Place.item.rawValue)
            outline.want("\(prefix)output[].type", as: Place.itemType.rawValue)
            outline.want("\(prefix)output[].action.type", as: Place.actionType.rawValue)
            outline.want("\(prefix)output[].container_id", as: Place.containerID.rawValue)
            outline.want("\(prefix)tools[].type", as: Place.toolType.rawValue)
        }
        outline.want("type", as: Place.eventType.rawValue)
        outline.want("message", as: Place.errorMessage.rawValue)
        outline.want("delta", as: Place.text.rawValue, measuresOnly: true)
    }

    package private(set) var reading = UsageReading()
    package var isFinal: Bool { reading.isFinal }
    private var counts = CountGroup.openAI()
    private var bill = BillFields()
    private var eventType: String?
    private var status: String?
    private var responseID: String?
    private var tools = ToolUse()

    package init() {}

    package mutating func documentBegan() {
        counts.reset()
        eventType = nil
        status = nil
        tools = ToolUse()
    }

    package mutating func scanned(_ name: Int32, _ scalar: JSONScalar, at range: Range<Int>) {
        if let field = OpenAIUsageField(rawValue: name) {
            counts.take(Int(field.rawValue), scalar)
            return
        }
        switch (Place(rawValue: name), scalar) {
        case (.model, .string(let text)) where !text.isEmpty: reading.model = text
        case (.serviceTier, .string(let text)): reading.serviceTier = text
        case (.errorMessage, .string(let text)): reading.errorMessage = text
        case (.text, .measured(let bytes)): reading.outputBytesSeen += Int64(bytes)
        case (.eventType, .string(let text)): eventType = text
        case (.responseID, .string(let text)): responseID = text
        case (.status, .string(let text)): status = text
        case (.itemType, .string(let text)): tools.itemType = text
        case (.actionType, .string(let text)): tools.actionType = text
        case (.containerID, .string(let text)): tools.containers.insert(text)
        case (.toolType, .string(let text)): tools.offers(text)
        case (nil, _): bill.take(name, scalar)
        default: break
        }
    }

    package mutating func opened(_ name: Int32, isObject: Bool, at offset: Int) {
        switch Place(rawValue: name) {
        case .usage: counts.isPresent = isObject
        case .item: tools.itemBegan()
        default: break
        }
    }

    package mutating func closed(_ name: Int32, at offset: Int) {
        if case .item = Place(rawValue: name) { tools.itemEnded() }
    }

    package mutating func documentEnded(isValid: Bool) {
        guard isValid else { return }
        if let eventType, Self.finalEvents.contains(eventType) { reading.isFinal = true }
        if let status {
            reading.pendingID = Self.openStatuses.contains(status) ? responseID : nil
        }
        guard counts.isPresent, counts.saysAnything else { return }
        reading.reportedCost = bill.total
        guard var usage = counts.openAIUsage(isEmbedding: false) else {
            reading.isInvalid = true
            return
        }
        tools.add(to: &usage)
        reading.isInvalid = false
        reading.usage = usage
        reading.pendingID = nil
    }

    /// Uses of the provider's tools, which stand among the output and not in the usage.
    private struct ToolUse: Sendable {
        /// A reply names no more containers than this; more are not told apart.
        private static let maximumContainers = 64

        var itemType: String?
        var actionType: String?
        var containers: Set<String> = [] {
            didSet { if containers.count > Self.maximumContainers { containers = oldValue } }
        }
        private var searches: Int64 = 0
        private var fileSearches: Int64 = 0
        private var usesPreview = false

        mutating func offers(_ tool: String) {
            if tool.hasPrefix("web_search_preview") { usesPreview = true }
        }

        mutating func itemBegan() {
            itemType = nil
            actionType = nil
        }

        mutating func itemEnded() {
            switch itemType {
            case "file_search_call": fileSearches += 1
            // Opening a page and finding in it are actions of the same tool that cost nothing.
            case "web_search_call" where actionType == nil || actionType == "search": searches += 1
            default: break
            }
        }

        func add(to usage: inout Usage) {
            // A provider that counts searches itself is believed.
            if usage[.webSearch] == 0 {
                usage[usesPreview ? .webSearchPreview : .webSearch] = searches
            }
            usage[.fileSearch] = fileSearches
            usage[.codeInterpreter] = Int64(containers.count)
        }
    }
}
