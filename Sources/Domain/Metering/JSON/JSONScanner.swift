/// Reads a JSON document that arrives in pieces cut anywhere, and reports the scalars at the
/// places of an outline. Keeps nothing else, so its memory is bounded whatever the length.
///
/// Strict as RFC 8259, since a document that two parsers read differently could show the meter
/// one model and the provider another.
package struct JSONScanner: Sendable {
    /// Nesting that any provider's API comes nowhere near.
    package static let maximumDepth = 64
    /// Longer keys and strings are measured, not kept.
    package static let maximumKeptBytes = 256

    package enum Outcome: Sendable, Equatable {
        case incomplete
        case complete
        case invalid
    }

    enum State: Sendable {
        case value, firstElement, firstKey, key, colon, afterValue
        case string, escape, unicode
        case number, literal
        case done, invalid
    }

    struct Frame: Sendable {
        var isObject: Bool
        var node: Int32
    }

    let outline: JSONOutline
    var state = State.value
    var frames: [Frame] = []
    /// The place of the value that comes next or is being read.
    var node: Int32 = 0
    /// Bytes of the document before the current piece.
    var consumed = 0
    var tokenStart = 0
    var readsKey = false
    var text = JSONText()
    var number = JSONNumber()
    var literal = JSONLiteral()
    private var findings: [JSONFinding] = []

    package init(outline: JSONOutline) {
        self.outline = outline
        frames.reserveCapacity(8)
    }

    /// Makes ready for the next document.
    package mutating func reset() {
        state = .value
        frames.removeAll(keepingCapacity: true)
        node = 0
        consumed = 0
    }

    package var outcome: Outcome {
        switch state {
        case .done: .complete
        case .invalid: .invalid
        default: .incomplete
        }
    }

    /// Whether nothing but white space came so far.
    package var isUntouched: Bool {
        if case .value = state { return frames.isEmpty }
        return false
    }

    /// Takes the next piece of the document.
    package mutating func push(_ bytes: Span<UInt8>, into sink: inout some JSONSink) {
        var index = 0
        while index < bytes.count {
            index = scan(bytes, from: index)
            deliver(into: &sink)
        }
        consumed += bytes.count
    }

    /// Says that the document is over: a number at its very end is complete only now.
    package mutating func finish(into sink: inout some JSONSink) {
        if case .number = state, frames.isEmpty { endNumber(at: consumed) }
        deliver(into: &sink)
        if case .done = state { return }
        state = .invalid
    }

    /// Findings that wait for their sink; scanning stops when there are so many. Sinks are of
    /// many types, so that what is done for each byte is kept apart from them.
    private static let maximumFindings = 64

    private mutating func deliver(into sink: inout some JSONSink) {
        guard !findings.isEmpty else { return }
        for finding in findings {
            switch finding.kind {
            case .scalar(let scalar): sink.scanned(finding.name, scalar, at: finding.range)
            case .opened(let isObject):
                sink.opened(finding.name, isObject: isObject, at: finding.range.lowerBound)
            case .closed: sink.closed(finding.name, at: finding.range.lowerBound)
            }
        }
        findings.removeAll(keepingCapacity: true)
    }

    /// Reads on from `start`; returns the index of the first byte that is not read.
    private mutating func scan(_ bytes: Span<UInt8>, from start: Int) -> Int {
        var index = start
        while index < bytes.count, findings.count < Self.maximumFindings {
            switch state {
            case .string: index = readString(bytes, from: index)
            case .escape, .unicode:
                readEscape(bytes[index])
                index += 1
            case .number: index = readNumber(bytes, from: index)
            case .literal:
                readLiteral(bytes[index], at: index)
                index += 1
            case .invalid: index = bytes.count
            default: index = readStructure(bytes, from: index)
            }
        }
        return index
    }

    private mutating func readStructure(_ bytes: Span<UInt8>, from index: Int) -> Int {
        let byte = bytes[index]
        if byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { return index + 1 }
        switch state {
        case .value: return startValue(bytes, from: index)
        case .firstElement:
            if byte == UInt8(ascii: "]") {
                close(isObject: false, at: index)
                return index + 1
            }
            enterElement()
            return startValue(bytes, from: index)
        case .firstKey where byte == UInt8(ascii: "}"): close(isObject: true, at: index)
        case .firstKey, .key:
            guard byte == UInt8(ascii: "\"") else {
                state = .invalid
                return index + 1
            }
            return startKey(bytes, from: index)
        case .colon: state = byte == UInt8(ascii: ":") ? .value : .invalid
        case .afterValue: continueContainer(byte, at: index)
        default: state = .invalid
        }
        return index + 1
    }

    private mutating func startValue(_ bytes: Span<UInt8>, from index: Int) -> Int {
        tokenStart = consumed + index
        let byte = bytes[index]
        switch byte {
        case UInt8(ascii: "\""): return startText(bytes, from: index)
        case UInt8(ascii: "{"): open(isObject: true)
        case UInt8(ascii: "["): open(isObject: false)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            number = JSONNumber()
            state = number.take(byte) ? .number : .invalid
        case UInt8(ascii: "t"), UInt8(ascii: "f"), UInt8(ascii: "n"):
            return startLiteral(bytes, from: index)
        default: state = .invalid
        }
        return index + 1
    }

    private mutating func open(isObject: Bool) {
        guard frames.count < Self.maximumDepth else {
            state = .invalid
            return
        }
        frames.append(Frame(isObject: isObject, node: node))
        state = isObject ? .firstKey : .firstElement
        note(.opened(isObject: isObject), at: tokenStart..<(tokenStart + 1))
    }

    private mutating func close(isObject: Bool, at index: Int) {
        guard let frame = frames.popLast(), frame.isObject == isObject else {
            state = .invalid
            return
        }
        node = frame.node
        note(.closed, at: (consumed + index)..<(consumed + index + 1))
        valueEnded()
    }

    private mutating func continueContainer(_ byte: UInt8, at index: Int) {
        guard let frame = frames.last else {
            state = .invalid
            return
        }
        switch byte {
        case UInt8(ascii: ",") where frame.isObject: state = .key
        case UInt8(ascii: ","):
            enterElement()
            state = .value
        case UInt8(ascii: "}"): close(isObject: true, at: index)
        case UInt8(ascii: "]"): close(isObject: false, at: index)
        default: state = .invalid
        }
    }

    mutating func valueEnded() { state = frames.isEmpty ? .done : .afterValue }

    /// Keeps what stands at the current place, if that has a name.
    mutating func note(_ kind: JSONFinding.Kind, at range: Range<Int>) {
        guard node != JSONOutline.nowhere else { return }
        let name = outline.names[Int(node)]
        guard name != JSONOutline.nowhere else { return }
        findings.append(JSONFinding(name: name, kind: kind, range: range))
    }

    private mutating func enterElement() {
        guard let array = frames.last?.node, array != JSONOutline.nowhere else {
            node = JSONOutline.nowhere
            return
        }
        node = outline.elements[Int(array)]
    }
}
