/// The head of a reply to the client.
package struct ReplyHead: Sendable {
    package var status: Int
    package var fields: [HeaderField]
    /// Nil: the length is not known yet, so the edge frames the body in chunks.
    package var contentLength: Int?

    package init(status: Int, fields: [HeaderField], contentLength: Int?) {
        self.status = status
        self.fields = fields
        self.contentLength = contentLength
    }
}

/// The client's side of an exchange; called on the exchange's event loop.
package protocol Downstream: AnyObject {
    func send(_ head: ReplyHead)
    func send(_ body: [UInt8])
    /// The reply is complete.
    func finish()
    /// The reply cannot be completed; the connection is closed so that the client notices.
    func breakOff()
}
