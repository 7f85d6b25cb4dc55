extension JSONScanner {
    /// A key begins at `index`. One that ends in this piece and has no escapes, as nearly all do,
    /// is compared where it stands.
    mutating func startKey(_ bytes: Span<UInt8>, from index: Int) -> Int {
        let parent = frames[frames.count - 1].node
        let end = bytes.endOfPlainText(from: index + 1)
        guard bytes.hasByte(UInt8(ascii: "\""), at: end),
            end - index <= JSONScanner.maximumKeptBytes
        else {
            readsKey = true
            tokenStart = consumed + index
            text.begin(keeps: parent != JSONOutline.nowhere && outline.hasKeys(at: parent))
            state = .string
            return index + 1
        }
        node =
            parent == JSONOutline.nowhere
            ? parent : outline.child(of: parent, in: bytes, at: (index + 1)..<end)
        guard bytes.hasByte(UInt8(ascii: ":"), at: end + 1) else {
            state = .colon
            return end + 1
        }
        state = .value
        return end + 2
    }

    /// A string that is a value begins at `index`. One that ends in this piece and has no escapes
    /// is taken where it stands.
    mutating func startText(_ bytes: Span<UInt8>, from index: Int) -> Int {
        let keeps = node != JSONOutline.nowhere && outline.keepsText(at: node)
        let end = bytes.endOfPlainText(from: index + 1)
        let range = (index + 1)..<end
        if bytes.hasByte(UInt8(ascii: "\""), at: end),
            let scalar = keeps ? Self.text(bytes, range) : .measured(bytes: range.count)
        {
            note(.scalar(scalar), at: tokenStart..<(consumed + end + 1))
            valueEnded()
            return skipComma(bytes, at: end + 1)
        }
        readsKey = false
        text.begin(keeps: keeps)
        state = .string
        return index + 1
    }

    /// Steps over the comma that mostly follows a value in an object.
    private mutating func skipComma(_ bytes: Span<UInt8>, at index: Int) -> Int {
        guard case .afterValue = state, bytes.hasByte(UInt8(ascii: ","), at: index),
            frames[frames.count - 1].isObject
        else { return index }
        state = .key
        return index + 1
    }

    /// `true`, `false` or `null` at `index`, where all of it is in this piece.
    mutating func startLiteral(_ bytes: Span<UInt8>, from index: Int) -> Int {
        literal = JSONLiteral(first: bytes[index])
        var next = index + 1
        while next < bytes.count, literal.scalar == nil {
            guard literal.take(bytes[next]) else {
                state = .invalid
                return next + 1
            }
            next += 1
        }
        guard let scalar = literal.scalar else {
            state = .literal
            return next
        }
        note(.scalar(scalar), at: tokenStart..<(consumed + next))
        valueEnded()
        return skipComma(bytes, at: next)
    }

    /// The text at `range`, or its length where it is too long to keep; nil where it is not UTF-8
    /// and has to be repaired.
    private static func text(_ bytes: Span<UInt8>, _ range: Range<Int>) -> JSONScalar? {
        guard range.count <= maximumKeptBytes else { return .measured(bytes: range.count) }
        guard let text = try? UTF8Span(validating: bytes.extracting(range)) else { return nil }
        return .string(String(copying: text))
    }

    /// Reads up to the end of the string, an escape, or the end of the piece; returns the index
    /// behind what was read.
    mutating func readString(_ bytes: Span<UInt8>, from start: Int) -> Int {
        let index = bytes.endOfPlainText(from: start)
        text.append(bytes, from: start, to: index)
        guard index < bytes.count else { return index }
        switch bytes[index] {
        case UInt8(ascii: "\""): endString(at: index)
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

    private mutating func endString(at index: Int) {
        text.end()
        if readsKey {
            node = place(under: frames[frames.count - 1].node)
            state = .colon
            return
        }
        note(.scalar(text.scalar), at: tokenStart..<(consumed + index + 1))
        valueEnded()
    }

    private func place(under parent: Int32) -> Int32 {
        guard parent != JSONOutline.nowhere else { return JSONOutline.nowhere }
        return text.isWhole
            ? outline.child(of: parent, in: text.kept.span, at: 0..<text.kept.count)
            : outline.otherwise[Int(parent)]
    }

    mutating func readNumber(_ bytes: Span<UInt8>, from start: Int) -> Int {
        var index = start
        while index < bytes.count {
            let byte = bytes[index]
            guard JSONNumber.continues(with: byte) else {
                endNumber(at: consumed + index)
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

    mutating func endNumber(at end: Int) {
        guard let scalar = number.scalar else {
            state = .invalid
            return
        }
        note(.scalar(scalar), at: tokenStart..<end)
        valueEnded()
    }

    mutating func readLiteral(_ byte: UInt8, at index: Int) {
        guard literal.take(byte) else {
            state = .invalid
            return
        }
        guard let scalar = literal.scalar else { return }
        note(.scalar(scalar), at: tokenStart..<(consumed + index + 1))
        valueEnded()
    }
}
