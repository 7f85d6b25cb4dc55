/// Reads usage out of the documents of one dialect: one document for a plain reply, one for each
/// event of a streamed one.
package protocol UsageReader: JSONSink, Sendable {
    static var outline: JSONOutline { get }
    /// A new document begins; what was gathered for the last one is dealt with.
    mutating func documentBegan()
    /// The document is over. One that is not JSON is reported with `isValid` false.
    mutating func documentEnded(isValid: Bool)
    /// The stream ended with the marker `[DONE]` of the OpenAI dialects.
    mutating func streamMarkedDone()
    var reading: UsageReading { get }
    /// `reading.isFinal`, which is asked for after every event.
    var isFinal: Bool { get }
    /// Whether the event just ended says nothing but the usage that we asked for.
    var isUsageOnly: Bool { get }
}

extension UsageReader {
    package var isUsageOnly: Bool { false }
    package var isFinal: Bool { reading.isFinal }
    package mutating func streamMarkedDone() {}
}
