internal import Foundation

/// Lines for the person or script that started the program.
package enum StandardError {
    package static func print(_ line: String) {
        FileHandle.standardError.write(Data((line + "\n").utf8))
    }
}
