internal import Foundation
internal import NIOCore
internal import NIOHTTP1

/// One connection to the demo.
final class DemoHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    /// Between the words of a streamed answer.
    private static let wordMilliseconds: Int64 = 25

    private var head: HTTPRequestHead?
    private var body: [UInt8] = []
    private var isOpen = true

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            self.head = head
            body = []
        case .body(let buffer):
            guard body.count < DemoServer.maximumBodyBytes else { return }
            body.append(contentsOf: buffer.readableBytesView)
        case .end:
            guard let head else { return }
            answer(DemoRequest(path: head.uri, body: body), context)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        isOpen = false
        context.fireChannelInactive()
    }

    private func answer(_ request: DemoRequest, _ context: ChannelHandlerContext) {
        let reply = DemoReply(to: request)
        switch reply.content {
        case .plain(let text):
            write(status: reply.status, type: "application/json", length: text.utf8.count, context)
            write(text, context)
            end(context)
        case .events(let events):
            write(status: 200, type: "text/event-stream", length: nil, context)
            context.flush()
            send(events[...], context)
        }
    }

    private func send(_ events: ArraySlice<String>, _ context: ChannelHandlerContext) {
        guard isOpen else { return }
        guard let event = events.first else { return end(context) }
        write(event, context)
        context.flush()
        let rest = events.dropFirst()
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        context.eventLoop.scheduleTask(in: .milliseconds(Self.wordMilliseconds)) {
            let (handler, context) = bound.value
            handler.send(rest, context)
        }
    }

    private func write(
        status: Int, type: String, length: Int?, _ context: ChannelHandlerContext
    ) {
        var headers = HTTPHeaders([("content-type", type), ("x-request-id", "req_demo")])
        if let length { headers.add(name: "content-length", value: String(length)) }
        let head = HTTPResponseHead(
            version: .http1_1, status: HTTPResponseStatus(statusCode: status), headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
    }

    private func write(_ text: String, _ context: ChannelHandlerContext) {
        context.write(
            wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: text)))), promise: nil)
    }

    private func end(_ context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }
}
