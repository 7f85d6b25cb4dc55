import Foundation

/// The files of this package.
struct SourceTree {
    struct File {
        /// Relative to the package, with slashes.
        let path: String
        let text: String
        var lines: [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }
    }

    static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    static func files(in folder: String, endingIn suffix: String) -> [File] {
        let base = root.appending(path: folder)
        let walker = FileManager.default.enumerator(at: base, includingPropertiesForKeys: nil)
        var files: [File] = []
        while let url = walker?.nextObject() as? URL {
            guard url.path.hasSuffix(suffix),
                let text = try? String(contentsOf: url, encoding: .utf8)
            else { continue }
            files.append(File(path: String(url.path.dropFirst(root.path.count + 1)), text: text))
        }
        return files.sorted { $0.path < $1.path }
    }

    static let swift =
        files(in: "Sources", endingIn: ".swift")
        + files(in: "Tests", endingIn: ".swift")

    static let sources = files(in: "Sources", endingIn: ".swift")
}
