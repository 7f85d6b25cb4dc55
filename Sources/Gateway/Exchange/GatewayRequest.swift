/// A request of a client, complete: the part of it that the gateway looks at.
package struct GatewayRequest: Sendable {
    package var method: String
    /// Without the query.
    package var path: String
    /// Without the question mark; nil where there is none.
    package var query: String?
    package var fields: [HeaderField]
    package var body: [UInt8]

    package init(
        method: String, path: String, query: String?, fields: [HeaderField], body: [UInt8]
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.fields = fields
        self.body = body
    }
}
