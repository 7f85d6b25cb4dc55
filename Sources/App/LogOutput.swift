internal import Chronology
package import Config
package import Logging
internal import Metering

/// Log lines on standard error, for people or for machines.
package enum LogOutput {
    package static func logger(_ settings: Settings) -> Logger {
        let level = Logger.Level(rawValue: settings.logLevel) ?? .info
        let clock = SystemClock()
        return Logger(label: "spendfuse") { _ in
            LineLogHandler(format: settings.logFormat, level: level, clock: clock)
        }
    }
}

/// One line for each event: a stable name and typed fields, in text or as a JSON object.
struct LineLogHandler: LogHandler {
    let format: Settings.LogFormat
    var logLevel: Logger.Level
    var metadata: Logger.Metadata = [:]
    private let clock: SystemClock

    init(format: Settings.LogFormat, level: Logger.Level, clock: SystemClock) {
        self.format = format
        self.clock = clock
        logLevel = level
    }

    subscript(metadataKey key: String) -> Logger.MetadataValue? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let fields = metadata.merging(event.metadata ?? [:]) { _, newer in newer }
            .sorted { $0.key < $1.key }
        switch format {
        case .json:
            var object = JSONObjectText()
            object.add("ts", clock.now().text)
            object.add("level", event.level.rawValue)
            object.add("event", "\(event.message)")
            for (name, value) in fields { object.add(name, "\(value)") }
            StandardError.print(object.closed)
        case .text:
            let shown = fields.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
            StandardError.print(
                "\(clock.now().shortText) \(event.level.rawValue) \(event.message) \(shown)")
        }
    }
}
