/// The names that a model counts by.
package enum ModelNames {
    /// As its price sheet calls it, as it was asked for, and both without their dates: so no alias
    /// and no snapshot gets round a limit of the model.
    package static func all(requested: String?, priced: String?) -> [String] {
        let names = [priced, requested].compactMap { $0 }
        return (names + names.map(undated)).reduce(into: []) { kept, name in
            if !name.isEmpty, !kept.contains(name) { kept.append(name) }
        }
    }

    /// `gpt-4o-2024-08-06`, `claude-sonnet-4-20250514` and `claude-3-5-haiku-latest` without what
    /// names a snapshot.
    static func undated(_ name: String) -> String {
        for suffix in ["-latest", "@latest", ":latest"] where name.hasSuffix(suffix) {
            return String(name.dropLast(suffix.count))
        }
        for shape in ["-0000-00-00", "-00000000", "@00000000"] {
            if name.count > shape.count, fits(name.suffix(shape.count), shape) {
                return String(name.dropLast(shape.count))
            }
        }
        return name
    }

    private static func fits(_ text: Substring, _ shape: String) -> Bool {
        zip(text, shape).allSatisfy { character, wanted in
            wanted == "0" ? character.isASCII && character.isNumber : character == wanted
        }
    }
}
