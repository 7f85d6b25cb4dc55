extension JSONScanner {
    mutating func startString(isKey: Bool, at index: Int) {
        readsKey = isKey
        tokenStart = consumed + index
        let parent = isKey ? frames[frames.count - 1].node : node
        text.begin(keeps: keepsText(isKey: isKey, at: parent))
        state = .string
    }

    private func keepsText(isKey: Bool, at node: Int32) -> Bool {
        guard node != JSONOutline.nowhere else { return false }
        return isKey ? outline.hasKeys(at: node) : outline.keepsText(at: node)
    }

    /// Reads up to the end of the string, an escape, or the end of the piece; returns the index
    /// behind what was read.
    mutating func readString(
        _ bytes: Span<UInt8>, from start: Int, into sink: inout some JSONSink
    ) -> Int {
        var index = start
        let end = bytes.count
        // The bound is checked by the loop itself; this is the hottest loop of the meter.
        while index < end {
            let byte = bytes[unchecked: index]
            if byte == 0x22 || byte == 0x5C || byte < 0x20 { break }
            index += 1
        }
        text.append(bytes, from: start, to: index)
        guard index < end else { return index }
        switch bytes[index] {
        case UInt8(ascii: "\""): endString(at: index, into: &sink)
        case UInt8(ascii: "\\"): state = .escape
        default: state = .invalid
        }
        return index + 1
    }

    mutating func readEscape(_ byte: UInt8) {
        switch state {
        case .escape where byte == UInt8(ascii: "u"):
            text.beginUnicode()
            state = .unicode
        case .escape:
            state = text.appendEscaped(byte) ? .string : .invalid
        default:
            switch text.takeHexDigit(byte) {
            case .some(true): state = .string
            case .some(false): state = .unicode
            case .none: state = .invalid
            }
        }
    }

    private mutating func endString(at index: Int, into sink: inout some JSONSink) {
        text.end()
        if readsKey {
            node = place(under: frames[frames.count - 1].node)
            state = .colon
            return
        }
        let name = name(of: node)
        if name != JSONOutline.nowhere {
            sink.scanned(name, text.scalar, at: tokenStart..<(consumed + index + 1))
        }
        valueEnded()
    }

    private func place(under parent: Int32) -> Int32 {
        guard parent != JSONOutline.nowhere else { return JSONOutline.nowhere }
        return text.isWhole
            ? outline.child(of: parent, key: text.kept, count: text.kept.count)
            : outline.otherwise[Int(parent)]
    }

    mutating func readNumber(
        _ bytes: Span<UInt8>, from start: Int, into sink: inout some JSONSink
    ) -> Int {
        var index = start
        while index < bytes.count {
            let byte = bytes[index]
            guard JSONNumber.continues(with: byte) else {
                endNumber(at: consumed + index, into: &sink)
                return index
            }
            guard number.take(byte) else {
                state = .invalid
                return bytes.count
            }
            index += 1
        }
        return index
    }

    mutating func endNumber(at end: Int, into sink: inout some JSONSink) {
        guard let scalar = number.scalar else {
            state = .invalid
            return
        }
        let name = name(of: node)
        if name != JSONOutline.nowhere { sink.scanned(name, scalar, at: tokenStart..<end) }
        valueEnded()
    }

    mutating func readLiteral(_ byte: UInt8, at index: Int, into sink: inout some JSONSink) {
        guard literal.take(byte) else {
            state = .invalid
            return
        }
        guard let scalar = literal.scalar else { return }
        let name = name(of: node)
        if name != JSONOutline.nowhere {
            sink.scanned(name, scalar, at: tokenStart..<(consumed + index + 1))
        }
        valueEnded()
    }
}
