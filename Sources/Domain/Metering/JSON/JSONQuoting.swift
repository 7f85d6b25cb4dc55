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

    /// `json` must be a JSON value.
    package mutating func addRaw(_ name: String, _ json: String) {
        if text.utf8.count > 1 { text += "," }
        text += name.jsonQuoted + ":" + json
    }

    package var closed: String { text + "}" }
}
