/// Why a store cannot be used or refuses a change, with the place and the remedy.
package struct StoreError: Error, CustomStringConvertible, Equatable {
    package let description: String
    /// Whether the same can succeed later, without anybody doing anything about it.
    package let isPassing: Bool

    package init(_ description: String, isPassing: Bool = false) {
        self.description = description
        self.isPassing = isPassing
    }
}
