extension String {
    /// The text as a JSON string, with its quotation marks.
    package var jsonQuoted: String {
        var needsEscape = false
        for byte in utf8 where byte < 0x20 || byte == 0x22 || byte == 0x5C || byte == 0x7F {
            needsEscape = true
            break
        }
        guard needsEscape else { return "\"" + self + "\"" }
        var quoted = "\""
        for scalar in unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            case "\r": quoted += "\\r"
            case "\t": quoted += "\\t"
            case _ where scalar.value < 0x20 || scalar.value == 0x7F:
                let hex = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}

/// Writes a JSON object field by field, in the order of the calls.
package struct JSONObjectText {
    package private(set) var text = "{"

    package init() {}

    package mutating func add(_ name: String, _ value: String?) {
        guard let value else { return }
        addRaw(name, value.jsonQuoted)
    }

    package mutating func add(_ name: String, _ value: Int64?) {
        guard let value else { return }
        addRaw(name, String(value))
    }

    package mutating func add(_ name: String, _ value: Bool) {
        addRaw(name, value ? "true" : "false")
    }

    /// A list of texts; nothing for an empty one.
    package mutating func addList(_ name: String, _ values: [String]) {
        guard !values.isEmpty else { return }
        addRaw(name, "[" + values.map(\.jsonQuoted).joined(separator: ",") + "]")
    }

    /// `json` must be a JSON value.
    package mutating func addRaw(_ name: String, _ json: String) {
        if text.utf8.count > 1 { text += "," }
        text += name.jsonQuoted + ":" + json
    }

    package var closed: String { text + "}" }
}

package enum JSONQuoting {
    /// Characters (Unicode scalars) of a JSON string, which stands with its quotation marks.
    package static func characters(in quoted: ArraySlice<UInt8>) -> Int64 {
        var count: Int64 = 0
        var index = quoted.startIndex + 1
        let end = quoted.endIndex - 1
        while index < end {
            if quoted[index] == UInt8(ascii: "\\") {
                let isUnicode = index + 5 < end && quoted[index + 1] == UInt8(ascii: "u")
                // The second half of a pair is part of the character before it.
                let isLowHalf =
                    isUnicode && quoted[index + 2] | 0x20 == UInt8(ascii: "d")
                    && "cdefCDEF".utf8.contains(quoted[index + 3])
                if !isLowHalf { count += 1 }
                index += isUnicode ? 6 : 2
            } else {
                if quoted[index] & 0xC0 != 0x80 { count += 1 }
                index += 1
            }
        }
        return count
    }
}
