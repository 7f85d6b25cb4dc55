/// Markup of a drawing or a table, put together so that no text of others can become markup.
struct MarkupText: Sendable {
    private(set) var text = ""

    mutating func element(
        _ name: String, _ attributes: [(String, String)], title: String? = nil
    ) {
        open(name, attributes)
        if let title { text += "<title>\(Self.escaped(title))</title>" }
        close(name)
    }

    /// The text of a drawing.
    mutating func words(_ words: String, _ attributes: [(String, String)]) {
        element("text", attributes, words: words)
    }

    mutating func element(_ name: String, _ attributes: [(String, String)], words: String) {
        open(name, attributes)
        add(words)
        close(name)
    }

    mutating func add(_ words: String) { text += Self.escaped(words) }

    mutating func open(_ name: String, _ attributes: [(String, String)]) {
        text += "<\(name)"
        for (name, value) in attributes { text += " \(name)=\"\(Self.escaped(value))\"" }
        text += ">"
    }

    mutating func close(_ name: String) { text += "</\(name)>" }

    /// The root element, with what a reader is told of it.
    static func drawing(
        id: String, width: Int, height: Int, title: String, description: String,
        _ body: (inout MarkupText) -> Void
    ) -> String {
        var svg = MarkupText()
        svg.open(
            "svg",
            [
                ("viewBox", "0 0 \(width) \(height)"), ("role", "img"), ("class", "chart"),
                ("aria-labelledby", "\(id)-t \(id)-d"),
            ])
        svg.text += "<title id=\"\(id)-t\">\(escaped(title))</title>"
        svg.text += "<desc id=\"\(id)-d\">\(escaped(description))</desc>"
        body(&svg)
        svg.close("svg")
        return svg.text
    }

    static func escaped(_ text: String) -> String {
        var escaped = ""
        for character in text.unicodeScalars {
            switch character {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "'": escaped += "&#39;"
            default: escaped.unicodeScalars.append(character)
            }
        }
        return escaped
    }
}
