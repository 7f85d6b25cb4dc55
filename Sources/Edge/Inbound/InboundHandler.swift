internal import Dialects
internal import Gateway
internal import NIOCore
internal import NIOHTTP1

/// One client connection: assembles requests, runs one exchange at a time, writes its reply.
///
/// An exchange begins when its request is complete, so what comes while one runs is the client's
/// next request. It waits in `backlog`; beyond its bound the socket is not read any more.
final class InboundHandler: ChannelDuplexHandler, Downstream {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private enum State {
        /// Waiting for a head, since then.
        case waiting(since: NIODeadline)
        case assembling(RequestAssembly)
        /// An exchange runs. Its lane is known once `begin` has returned.
        case exchanging(lane: Int?, generation: UInt64)
        /// The rest of the input does not matter any more.
        case closing
    }

    private let runtime: LoopRuntime
    private var context: ChannelHandlerContext?
    private var state = State.waiting(since: .now())
    /// Bytes of a next request that may wait. Most clients send nothing before they have their
    /// answer, so that reading on costs nothing, while switching reads off and on would cost two
    /// system calls for each request.
    private static let maximumBacklogBytes = 65_536

    private var backlog: [HTTPServerRequestPart] = []
    private var backlogBytes = 0
    private var isReadHeld = false
    private var hasUnfinishedHead = false
    /// Whether the read that is being dealt with brought a part of a request.
    private var gotPart = false
    /// Replies that are written and not yet taken by the socket.
    private var unflushedReplies = 0
    private var isKeptAlive = true
    private var needsFlush = false
    private var stalledSince: NIODeadline?
    private var version = HTTPVersion.http1_1
    private var hasRoom = true

    init(_ runtime: LoopRuntime) { self.runtime = runtime }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        hasRoom = runtime.gate.enter()
        runtime.add(self)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        runtime.gate.leave()
        runtime.remove(self)
    }

    func channelActive(context: ChannelHandlerContext) {
        if !hasRoom { context.close(promise: nil) }
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        if case .exchanging(let lane?, let generation) = state {
            state = .closing
            runtime.leave(lane, generation: generation)
        }
        state = .closing
        context.fireChannelInactive()
    }

    // MARK: Input

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        gotPart = true
        let part = unwrapInboundIn(data)
        if case .exchanging = state {
            queue(part)
        } else {
            take(part)
        }
    }

    /// What a part costs in memory beside its bytes, near enough for a bound.
    private static let partBytes = 512

    private func queue(_ part: HTTPServerRequestPart) {
        backlogBytes += Self.partBytes
        switch part {
        case .head(let head): backlogBytes += head.uri.utf8.count + head.headers.count * 64
        case .body(let buffer): backlogBytes += buffer.readableBytes
        case .end: break
        }
        backlog.append(part)
    }

    private func take(_ part: HTTPServerRequestPart) {
        switch (state, part) {
        case (.waiting, .head(let head)):
            hasUnfinishedHead = false
            start(head)
        case (.assembling(var assembly), .body(let buffer)):
            // The state holds the only other reference; dropping it keeps the append in place.
            state = .closing
            do throws(GatewayError) {
                try assembly.append(buffer, maximum: runtime.settings.maximumBodyBytes)
                state = .assembling(assembly)
            } catch {
                reject(error)
            }
        case (.assembling(let assembly), .end): begin(assembly.request)
        default: break
        }
    }

    private func start(_ head: HTTPRequestHead) {
        version = head.version
        isKeptAlive = head.isKeepAlive
        if runtime.gate.isStopping { return reject(.stopping) }
        do throws(GatewayError) {
            let assembly = try RequestAssembly(head, settings: runtime.settings)
            if assembly.path == "/", head.method == .HEAD || head.method == .GET {
                isKeptAlive = false
                return answerProbe(isHead: head.method == .HEAD)
            }
            if head.headers["expect"].contains(where: { $0.lowercased() == "100-continue" }) {
                write(.head(HTTPResponseHead(version: version, status: .continue)))
                flushWrites()
            }
            state = .assembling(assembly)
        } catch {
            reject(error)
        }
    }

    /// `HEAD /` is how some clients ask whether anybody is there.
    private func answerProbe(isHead: Bool) {
        let text = Array(
            "Spendfuse: set your SDK's base URL to /openai/v1 or /anthropic here\n".utf8)
        state = .closing
        send(
            ReplyHead(
                status: 200, fields: [HeaderField("content-type", "text/plain")],
                contentLength: text.count))
        if !isHead { send(text) }
        finish()
        flushWrites()
    }

    private func begin(_ request: GatewayRequest) {
        // The upstreams' drivers end once no exchange runs, so none may begin any more.
        if runtime.gate.isStopping { return reject(.stopping) }
        state = .exchanging(lane: nil, generation: 0)
        let lane = runtime.begin(request, for: self)
        // A reply of the gateway's own is finished by now, and the state has moved on.
        if case .exchanging(nil, _) = state {
            let generation = runtime.generation(of: lane)
            state = .exchanging(lane: lane, generation: generation)
            if context?.channel.isWritable == false {
                runtime.downstreamIsReady(false, lane: lane, generation: generation)
            }
        }
        flushWrites()
    }

    /// Answers without an exchange, and closes: what follows cannot be trusted to be a request.
    private func reject(_ error: GatewayError) {
        isKeptAlive = false
        state = .closing
        let body = error.body(in: .openai, callID: "none")
        send(
            ReplyHead(
                status: error.status, fields: error.fields(callID: "none"),
                contentLength: body.count))
        send(body)
        finish()
        flushWrites()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch (state, error) {
        case (.waiting, HTTPParserError.headerOverflow):
            reject(
                .headTooLarge(
                    "more than \(runtime.settings.maximumHeadBytes) bytes or"
                        + " \(runtime.settings.maximumFields) fields"))
        case (.waiting, is HTTPParserError), (.assembling, is HTTPParserError):
            reject(.malformed("it is not HTTP/1.1 as RFC 9112 has it"))
        default:
            context.close(promise: nil)
        }
    }

    func read(context: ChannelHandlerContext) {
        // A client that takes no answers is not read either.
        if backlogBytes > Self.maximumBacklogBytes || !context.channel.isWritable {
            isReadHeld = true
        } else {
            context.read()
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        // Bytes came and no part of a request: from now on its head has its deadline.
        if case .waiting = state, !hasUnfinishedHead, !gotPart {
            hasUnfinishedHead = true
            state = .waiting(since: .now())
        }
        gotPart = false
        flushWrites()
        context.fireChannelReadComplete()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        let isWritable = context.channel.isWritable
        stalledSince = isWritable ? nil : .now()
        if case .exchanging(let lane?, let generation) = state {
            runtime.downstreamIsReady(isWritable, lane: lane, generation: generation)
        }
        if isWritable { releaseRead() }
        context.fireChannelWritabilityChanged()
    }

    // MARK: Output

    private func write(_ part: HTTPServerResponsePart) {
        guard let context else { return }
        context.write(wrapOutboundOut(part), promise: nil)
        needsFlush = true
    }

    func send(_ head: ReplyHead) {
        var headers = HTTPHeaders()
        headers.reserveCapacity(head.fields.count + 2)
        for field in head.fields { headers.add(name: field.name, value: field.value) }
        if let length = head.contentLength {
            headers.add(name: "content-length", value: String(length))
        } else if version != .http1_1 {
            isKeptAlive = false
        }
        if runtime.gate.isStopping { isKeptAlive = false }
        if !isKeptAlive { headers.add(name: "connection", value: "close") }
        let status = HTTPResponseStatus(statusCode: head.status)
        write(.head(HTTPResponseHead(version: version, status: status, headers: headers)))
    }

    func send(_ body: [UInt8]) {
        write(.body(.byteBuffer(ByteBuffer(bytes: body))))
    }

    func finish() {
        writeEnd()
        guard isKeptAlive else {
            state = .closing
            stalledSince = .now()
            flushWrites()
            return
        }
        state = .waiting(since: .now())
        hasUnfinishedHead = false
        takeBacklog()
        releaseRead()
    }

    /// Closes behind the reply where the connection is not kept: first its sending side, so that a
    /// client that is still sending can read the answer before its own bytes are refused.
    private func writeEnd() {
        guard let context else { return }
        needsFlush = true
        unflushedReplies += 1
        let closes = !isKeptAlive
        let channel = context.channel
        let written = context.eventLoop.makePromise(of: Void.self)
        written.futureResult.assumeIsolated().whenComplete { [self] _ in
            unflushedReplies -= 1
            if closes { closeGently(channel) }
        }
        context.write(wrapOutboundOut(.end(nil)), promise: written)
    }

    /// How long a client that is told to stop sending may go on.
    private static let lingerMilliseconds: Int64 = 500

    private func closeGently(_ channel: any Channel) {
        channel.close(mode: .output, promise: nil)
        channel.eventLoop.scheduleTask(in: .milliseconds(Self.lingerMilliseconds)) {
            channel.close(promise: nil)
        }
    }

    func breakOff() {
        state = .closing
        context?.close(promise: nil)
    }

    func flushWrites() {
        guard needsFlush, let context else { return }
        needsFlush = false
        context.flush()
    }

    private func takeBacklog() {
        guard !backlog.isEmpty else { return }
        let parts = backlog
        backlog = []
        backlogBytes = 0
        for part in parts {
            if case .exchanging = state { queue(part) } else { take(part) }
        }
    }

    private func releaseRead() {
        guard isReadHeld, backlogBytes <= Self.maximumBacklogBytes, let context,
            context.channel.isWritable
        else { return }
        isReadHeld = false
        context.read()
    }

    // MARK: Deadlines

    /// Once a second, from the loop's sweep.
    func checkDeadlines(at now: NIODeadline) {
        let settings = runtime.settings
        switch state {
        case .waiting(let since):
            let seconds = hasUnfinishedHead ? settings.headSeconds : settings.idleSeconds
            guard now - since > .seconds(Int64(seconds)) else { break }
            if unflushedReplies > 0 { return closeIfStalled(at: now) }
            if hasUnfinishedHead { return reject(.tooSlow) }
            context?.close(promise: nil)
        case .assembling(let assembly):
            if assembly.isTooSlow(at: now, settings) { reject(.tooSlow) }
        case .exchanging, .closing: closeIfStalled(at: now)
        }
    }

    private func closeIfStalled(at now: NIODeadline) {
        guard let stalledSince,
            now - stalledSince > .seconds(Int64(runtime.settings.stalledClientSeconds))
        else { return }
        context?.close(promise: nil)
    }

    /// Whether a reply is still on its way to the client.
    var isBusy: Bool {
        if case .assembling = state { return true }
        return unflushedReplies > 0
    }

    /// A graceful stop: an idle connection closes now, a busy one behind its reply.
    func stop() {
        if case .waiting = state, unflushedReplies == 0 { context?.close(promise: nil) }
    }
}

extension GatewayError {
    fileprivate static let tooSlow = GatewayError(
        .requestTimeout, status: 408, "the request came too slowly and was given up")

    fileprivate static let stopping: GatewayError = {
        var error = GatewayError(
            .stopping, status: 503, "the gateway is stopping; connect again")
        error.retryAfterSeconds = 1
        return error
    }()
}
