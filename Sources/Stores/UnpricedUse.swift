/// What calls used and no sheet had a price for.
package struct UnpricedUse: Sendable {
    package let provider: String
    /// A model, or a piece of one.
    package let what: String
    package let calls: Int64

    package init(provider: String, what: String, calls: Int64) {
        self.provider = provider
        self.what = what
        self.calls = calls
    }
}
