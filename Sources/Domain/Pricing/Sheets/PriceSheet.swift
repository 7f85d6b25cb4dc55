/// All prices of one provider at one version of its sheet.
package struct PriceSheet: Hashable, Sendable {
    package var provider: String
    /// The day on which the figures were checked, `2026-11-20`.
    package var version: String
    package var sources: [String] = []
    /// The provider's replies state the bill, which is believed over the figures here.
    package var reportsCost = false
    package var models: [ModelPrice] = []

    package init(provider: String, version: String) {
        self.provider = provider
        self.version = version
    }
}

/// Why a price sheet was refused; nothing of a refused sheet is used.
package struct PriceSheetError: Error, Equatable, CustomStringConvertible {
    package let file: String
    package let line: Int
    package let reason: String

    package init(file: String, line: Int, reason: String) {
        self.file = file
        self.line = line
        self.reason = reason
    }

    package var description: String { "\(file):\(line): \(reason)" }
}
