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
            switch state {
            case .string: index = readString(bytes, from: index, into: &sink)
            case .escape, .unicode:
                readEscape(bytes[index])
                index += 1
            case .number: index = readNumber(bytes, from: index, into: &sink)
            case .literal:
                readLiteral(bytes[index], at: index, into: &sink)
                index += 1
            case .invalid: index = bytes.count
            default:
                readStructure(bytes[index], at: index, into: &sink)
                index += 1
            }
        }
        consumed += bytes.count
    }

    /// Says that the document is over: a number at its very end is complete only now.
    package mutating func finish(into sink: inout some JSONSink) {
        if case .number = state, frames.isEmpty { endNumber(at: consumed, into: &sink) }
        if case .done = state { return }
        state = .invalid
    }

    private mutating func readStructure(
        _ byte: UInt8, at index: Int, into sink: inout some JSONSink
    ) {
        if byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { return }
        switch state {
        case .value: startValue(byte, at: index, into: &sink)
        case .firstElement:
            if byte == UInt8(ascii: "]") {
                close(isObject: false, at: index, into: &sink)
            } else {
                enterElement()
                startValue(byte, at: index, into: &sink)
            }
        case .firstKey where byte == UInt8(ascii: "}"):
            close(isObject: true, at: index, into: &sink)
        case .firstKey, .key:
            if byte == UInt8(ascii: "\"") {
                startString(isKey: true, at: index)
            } else {
                state = .invalid
            }
        case .colon: state = byte == UInt8(ascii: ":") ? .value : .invalid
        case .afterValue: continueContainer(byte, at: index, into: &sink)
        default: state = .invalid
        }
    }

    private mutating func startValue(
        _ byte: UInt8, at index: Int, into sink: inout some JSONSink
    ) {
        tokenStart = consumed + index
        switch byte {
        case UInt8(ascii: "\""): startString(isKey: false, at: index)
        case UInt8(ascii: "{"): open(isObject: true, into: &sink)
        case UInt8(ascii: "["): open(isObject: false, into: &sink)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            number = JSONNumber()
            state = number.take(byte) ? .number : .invalid
        case UInt8(ascii: "t"), UInt8(ascii: "f"), UInt8(ascii: "n"):
            literal = JSONLiteral(first: byte)
            state = .literal
        default: state = .invalid
        }
    }

    private mutating func open(isObject: Bool, into sink: inout some JSONSink) {
        guard frames.count < Self.maximumDepth else {
            state = .invalid
            return
        }
        frames.append(Frame(isObject: isObject, node: node))
        state = isObject ? .firstKey : .firstElement
        let name = name(of: node)
        if name != JSONOutline.nowhere {
            sink.opened(name, isObject: isObject, at: tokenStart)
        }
    }

    private mutating func close(
        isObject: Bool, at index: Int, into sink: inout some JSONSink
    ) {
        guard let frame = frames.popLast(), frame.isObject == isObject else {
            state = .invalid
            return
        }
        let name = name(of: frame.node)
        if name != JSONOutline.nowhere { sink.closed(name, at: consumed + index) }
        valueEnded()
    }

    private mutating func continueContainer(
        _ byte: UInt8, at index: Int, into sink: inout some JSONSink
    ) {
        guard let frame = frames.last else {
            state = .invalid
            return
        }
        switch byte {
        case UInt8(ascii: ",") where frame.isObject: state = .key
        case UInt8(ascii: ","):
            enterElement()
            state = .value
        case UInt8(ascii: "}"): close(isObject: true, at: index, into: &sink)
        case UInt8(ascii: "]"): close(isObject: false, at: index, into: &sink)
        default: state = .invalid
        }
    }

    mutating func valueEnded() { state = frames.isEmpty ? .done : .afterValue }

    func name(of node: Int32) -> Int32 {
        node == JSONOutline.nowhere ? JSONOutline.nowhere : outline.names[Int(node)]
    }

    private mutating func enterElement() {
        guard let array = frames.last?.node, array != JSONOutline.nowhere else {
            node = JSONOutline.nowhere
            return
        }
        node = outline.elements[Int(array)]
    }
}
