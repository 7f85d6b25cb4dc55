internal import Foundation
package import Pricing

/// The folder of price sheets, one file for each provider.
package enum PriceSheetFolder {
    /// Reads and checks every `*.yaml` of `folder`; one bad sheet refuses them all, as a price
    /// that silently went missing would let calls pass unpriced.
    package static func read(_ folder: String) throws(PriceSheetError) -> PriceBook {
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: folder)
                .filter { $0.hasSuffix(".yaml") }.sorted()
        } catch {
            throw PriceSheetError(
                file: folder, line: 1,
                reason: "the folder of price sheets cannot be read; set 'pricing' to it")
        }
        var sheets: [PriceSheet] = []
        for name in names {
            let path = "\(folder)/\(name)"
            guard let data = FileManager.default.contents(atPath: path) else {
                throw PriceSheetError(file: path, line: 1, reason: "the file cannot be read")
            }
            sheets.append(
                try PriceSheetReader(file: path).read(
                    String(decoding: data, as: UTF8.self),
                    provider: String(name.dropLast(".yaml".count))))
        }
        guard !sheets.isEmpty else {
            throw PriceSheetError(
                file: folder, line: 1,
                reason: "the folder has no price sheet (*.yaml); set 'pricing' to one that has")
        }
        return PriceBook(sheets: sheets)
    }
}
