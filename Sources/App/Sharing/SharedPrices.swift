internal import Foundation
package import StorePostgres

/// The prices that people set, which every gateway of a shared store has in its own folder.
package struct SharedPrices {
    private let store: PostgresStore
    private let folder: String
    private let state: String

    package init(store: PostgresStore, state: String) {
        self.store = store
        self.state = state
        folder = PriceSheetFolder.own(state: state)
    }

    /// Makes the folder what the store has.
    package func pull() throws {
        let sheets = try store.priceOverrides()
        let manager = FileManager.default
        if sheets.isEmpty, !manager.fileExists(atPath: folder) { return }
        try manager.createDirectory(
            atPath: folder, withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700])
        // Before the first contact of a server the folder is this installation's own.
        guard KeyVault.hasShared(in: state) || !sheets.isEmpty else { return }
        let known = Set(sheets.map { "\($0.name).yaml" })
        for name in try manager.contentsOfDirectory(atPath: folder)
        where name.hasSuffix(".yaml") && !known.contains(name) {
            try manager.removeItem(atPath: "\(folder)/\(name)")
        }
        for sheet in sheets {
            try Data(sheet.body.utf8).write(
                to: URL(fileURLWithPath: "\(folder)/\(sheet.name).yaml"), options: .atomic)
        }
    }

    /// Makes the store have what the folder has.
    package func push() throws {
        guard FileManager.default.fileExists(atPath: folder) else { return }
        let names = try FileManager.default.contentsOfDirectory(atPath: folder)
            .filter { $0.hasSuffix(".yaml") }.sorted()
        try store.setPriceOverrides(
            try names.map { name in
                (
                    name: String(name.dropLast(".yaml".count)),
                    body: try String(
                        contentsOf: URL(fileURLWithPath: "\(folder)/\(name)"), encoding: .utf8)
                )
            })
    }
}
