/// Why the configuration cannot be used: which value, where it comes from, why, and the remedy.
package struct ConfigError: Error, CustomStringConvertible, Equatable {
    package let description: String

    package init(_ description: String) { self.description = description }
}
