internal import Foundation
package import Pricing

/// The folders of price sheets, one file for each provider: those that come with the program, and
/// the user's own, which go before them where they have a price.
package enum PriceSheetFolder {
    /// Where `prices set` and `prices import` write, below the state directory.
    package static func own(state: String) -> String { "\(state)/prices" }

    /// Reads and checks every `*.yaml` of both folders; one bad sheet refuses them all, as a price
    /// that silently went missing would let calls pass unpriced.
    package static func read(_ folder: String, state: String) throws(PriceSheetError) -> PriceBook {
        let sheets = try sheets(in: folder)
        guard !sheets.isEmpty else {
            throw PriceSheetError(
                file: folder, line: 1,
                reason: "the folder has no price sheet (*.yaml); set 'pricing' to one that has")
        }
        return PriceBook(sheets: sheets + (try ownSheets(state: state)))
    }

    package static func ownSheets(state: String) throws(PriceSheetError) -> [PriceSheet] {
        let folder = own(state: state)
        guard FileManager.default.fileExists(atPath: folder) else { return [] }
        return try sheets(in: folder)
    }

    package static func sheets(in folder: String) throws(PriceSheetError) -> [PriceSheet] {
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
        return sheets
    }

    /// Writes a sheet of the user's own, whole or not at all, and checks that it can be read.
    package static func write(_ sheet: PriceSheet, state: String) throws {
        let folder = own(state: state)
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
        let path = "\(folder)/\(sheet.provider).yaml"
        let text = PriceSheetText.text(
            of: sheet,
            comment: "Prices of your own; they go before those of the sheet that comes with the"
                + " program.\nWritten by 'spendfuse prices set' and 'spendfuse prices import'.")
        _ = try PriceSheetReader(file: path).read(text, provider: sheet.provider)
        try Data(text.utf8).write(to: URL(filePath: path), options: .atomic)
    }
}
