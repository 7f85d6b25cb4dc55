internal import Foundation
package import Pricing
internal import SpendExports

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

    /// Writes sheets of the user's own, after a check that all of them can be read.
    package static func write(_ sheets: [PriceSheet], state: String) throws {
        let folder = own(state: state)
        var texts: [(path: String, text: String)] = []
        for sheet in sheets {
            guard isName(sheet.provider) else {
                throw PriceSheetError(
                    file: folder, line: 1,
                    reason: "'\(sheet.provider)' cannot name a provider: it is made of a-z, A-Z,"
                        + " 0-9, - and _")
            }
            let path = "\(folder)/\(sheet.provider).yaml"
            let text = PriceSheetText.text(
                of: sheet,
                comment: "Prices of your own; they go before those of the sheet that comes with"
                    + " the program.\n"
                    + "Written by 'spendfuse prices set' and 'spendfuse prices import'.")
            _ = try PriceSheetReader(file: path).read(text, provider: sheet.provider)
            texts.append((path, text))
        }
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
        for (path, text) in texts {
            try Data(text.utf8).write(to: URL(filePath: path), options: .atomic)
        }
    }

    /// Names that are files of the folder, and nothing else.
    private static func isName(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }
}
