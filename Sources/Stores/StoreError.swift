/// Why a store cannot be used or refuses a change, with the place and the remedy.
package struct StoreError: Error, CustomStringConvertible, Equatable {
    package let description: String
    /// Whether the same can succeed later, without anybody doing anything about it.
    package let isPassing: Bool

    /// Whether the values are at fault, which the same store refuses again, and not the store.
    package let isAboutValues: Bool

    package init(
        _ description: String, isPassing: Bool = false, isAboutValues: Bool = false
    ) {
        self.description = description
        self.isPassing = isPassing
        self.isAboutValues = isAboutValues
    }
}
