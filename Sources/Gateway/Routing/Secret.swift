/// A text that no log, message or dump may show.
package struct Secret: Sendable, Equatable, CustomStringConvertible, CustomReflectable {
    package let revealed: String

    package init(_ text: String) { revealed = text }

    package var description: String { "***" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
