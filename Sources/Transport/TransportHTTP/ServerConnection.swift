import NIOCore
import NIOHTTP1
import NIOSSL
import Transport

/// One connection to a server: hands each request to the listener's handler as a value and its reply back. Requests that
/// come before the last one's answer wait in NIO's handler before this one.
final class ServerConnection: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  private enum State {
    case idle
    case receiving(HTTPRequestHead, body: [UInt8])
    case answering(HTTPRequestHead)
    /// What is left of the request is not read: the connection ends.
    case closing
  }

  private let handler: MessageHandler
  private let limits: Listener.Limits
  private let wantsPeer: Bool
  private let executor: EventLoopExecutor?
  private var state = State.idle
  /// When a peer has been silent, or has sent at one request, for too long.
  private var deadline: NIODeadline
  private var context: ChannelHandlerContext?

  init(_ listener: Listener, on loop: any EventLoop) {
    (handler, limits) = (listener.handler, listener.limits)
    if case .holders = listener.clients, listener.identity != nil { wantsPeer = true } else { wantsPeer = false }
    executor = listener.isPrompt ? EventLoopExecutor(loop) : nil
    deadline = .now() + TimeAmount(listener.limits.idle)
  }

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    watch(context)
  }

  func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

  /// Looks at the deadline now and then, which is cheaper than a timer for each request: a connection lives at most a
  /// quarter of the shorter limit longer than it may.
  private func watch(_ context: ChannelHandlerContext) {
    let pause = max(.milliseconds(50), TimeAmount(min(limits.idle, limits.request) / 4))
    context.eventLoop.assumeIsolated().scheduleTask(in: pause) { [weak self] in
      guard let self, let context = self.context else { return }
      if NIODeadline.now() >= deadline { return context.close(promise: nil) }
      watch(context)
    }
  }

  // MARK: Receiving

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch (unwrapInboundIn(data), state) {
    case (.head(let head), .idle): receive(head, context)
    case (.body(var part), .receiving(let head, var body)):
      guard body.count + part.readableBytes <= limits.body else { return refuse(413, context) }
      state = .closing
      body.append(contentsOf: part.readBytes(length: part.readableBytes) ?? [])
      state = .receiving(head, body: body)
    case (.end, .receiving(let head, let body)):
      state = .answering(head)
      deadline = .distantFuture
      answer(head, body, context)
    case (_, .closing), (_, .answering), (_, .idle), (.head, .receiving): break
    }
  }

  private func receive(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
    deadline = .now() + TimeAmount(limits.request)
    let announced = head.headers.first(name: "content-length").flatMap { Int($0) } ?? 0
    guard announced <= limits.body else { return refuse(413, context) }
    var body: [UInt8] = []
    body.reserveCapacity(min(announced, 1 << 16))
    state = .receiving(head, body: body)
    // RFC 9110 §10.1.1: the client waits for leave to send its body.
    if head.headers.first(name: "expect")?.lowercased() == "100-continue" {
      context.writeAndFlush(
        wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: .continue))), promise: nil)
    }
  }

  func channelReadComplete(context: ChannelHandlerContext) { context.fireChannelReadComplete() }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

  // MARK: Answering

  private func answer(_ head: HTTPRequestHead, _ body: [UInt8], _ context: ChannelHandlerContext) {
    var message = Message(
      method: head.method.rawValue, host: head.headers.first(name: "host") ?? "", path: Self.path(head.uri), body: body)
    for (name, value) in head.headers { message.headers.append(name, value) }
    if wantsPeer {
      guard let der = try? context.pipeline.syncOperations.nioSSL_peerCertificate()?.toDERBytes() else {
        return refuse(403, context)
      }
      message.peerCertificate = der
    }
    let connection = NIOLoopBound(self, eventLoop: context.eventLoop)
    let loop = context.eventLoop
    Task(executorPreference: executor) { [handler, message] in
      let reply = await handler(message)
      if loop.inEventLoop {
        connection.value.write(reply)
      } else {
        loop.execute { connection.value.write(reply) }
      }
    }
  }

  /// The path of "/path?query" and of "https://host/path".
  private static func path(_ uri: String) -> String {
    var rest = Substring(uri)
    if !rest.hasPrefix("/"), let scheme = rest.firstRange(of: "://") {
      rest = rest[scheme.upperBound...].drop { $0 != "/" }
    }
    rest = rest.prefix { $0 != "?" && $0 != "#" }
    return rest.isEmpty ? "/" : String(rest)
  }

  private func write(_ reply: Reply) {
    guard case .answering(let request) = state, let context else { return }
    guard reply != .lost else { return context.close(promise: nil) }
    var fields = HTTPHeaders()
    fields.reserveCapacity(4)
    for (name, value) in reply.headers { fields.add(name: name, value: value) }
    if reply.status != 204 { fields.replaceOrAdd(name: "content-length", value: String(reply.body.count)) }
    let status = (200...599).contains(reply.status) ? reply.status : 500
    write(status, fields, reply.body, keepsAlive: request.isKeepAlive, request, context)
  }

  private func refuse(_ status: Int, _ context: ChannelHandlerContext) {
    let head: HTTPRequestHead? = if case .receiving(let head, _) = state { head } else { nil }
    write(status, ["content-length": "0"], [], keepsAlive: false, head, context)
  }

  private func write(
    _ status: Int, _ fields: HTTPHeaders, _ body: [UInt8], keepsAlive: Bool, _ request: HTTPRequestHead?,
    _ context: ChannelHandlerContext
  ) {
    var fields = fields
    if !keepsAlive { fields.replaceOrAdd(name: "connection", value: "close") }
    let head = HTTPResponseHead(
      version: request?.version ?? .http1_1, status: HTTPResponseStatus(statusCode: status), headers: fields)
    // Before the end is written: with it comes the next request, if one waits.
    state = keepsAlive ? .idle : .closing
    deadline = .now() + TimeAmount(limits.idle)
    context.write(wrapOutboundOut(.head(head)), promise: nil)
    if !body.isEmpty, request?.method != .HEAD {
      context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: body)))), promise: nil)
    }
    let end = context.writeAndFlush(wrapOutboundOut(.end(nil)))
    if !keepsAlive { end.assumeIsolated().whenComplete { _ in context.close(promise: nil) } }
  }
}

extension Reply {
  /// No answer at all: the connection ends, as if the answer had been lost on its way. For tests of clients.
  public static let lost = Reply(status: 0)
}

/// Runs a task on an event loop's thread: what is received there is decided and answered there, and no other thread is
/// woken for it.
final class EventLoopExecutor: TaskExecutor {
  private let loop: any EventLoop

  init(_ loop: any EventLoop) { self.loop = loop }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    loop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
  }
}
