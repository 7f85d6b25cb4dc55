internal import Foundation

/// Lines for the person or script that started the program.
package enum StandardError {
    package static func print(_ line: String) {
        // Whoever read it may be gone; the gateway goes on without being heard.
        try? FileHandle.standardError.write(contentsOf: Data((line + "\n").utf8))
    }
}
