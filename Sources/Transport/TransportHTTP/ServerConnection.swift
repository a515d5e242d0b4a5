import NIOCore
import NIOHTTP1
import NIOSSL
import Transport

/// One connection to a server: hands each request to the listener's handler as a value and its reply back.
final class ServerConnection: ChannelDuplexHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundIn = Never
  typealias OutboundOut = ByteBuffer

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
  /// Of requests that came before the last one's answer; no more is read meanwhile.
  private var early = CircularBuffer<HTTPServerRequestPart>()
  private var readIsDue = false
  /// Whether the server stops: the next answer is the last.
  private var isStopping = false
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

  func read(context: ChannelHandlerContext) {
    if early.isEmpty { context.read() } else { readIsDue = true }
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let part = unwrapInboundIn(data)
    if case .answering = state { return early.append(part) }
    receive(part, context)
  }

  private func receive(_ part: HTTPServerRequestPart, _ context: ChannelHandlerContext) {
    switch (part, state) {
    case (.head(let head), .idle): begin(head, context)
    case (.body(var part), .receiving(let head, var body)):
      guard body.count + part.readableBytes <= limits.body else { return refuse(.payloadTooLarge, context) }
      // So that the state holds no second reference, for which the body would be copied.
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

  private func begin(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
    deadline = .now() + TimeAmount(limits.request)
    let announced = head.headers.first(name: "content-length").flatMap { Int($0) } ?? 0
    guard announced <= limits.body else { return refuse(.payloadTooLarge, context) }
    var body: [UInt8] = []
    body.reserveCapacity(min(announced, 1 << 16))
    state = .receiving(head, body: body)
    // RFC 9110 §10.1.1: the client waits for leave to send its body.
    if head.headers.first(name: "expect")?.lowercased() == "100-continue" {
      context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: "HTTP/1.1 100 Continue\r\n\r\n")), promise: nil)
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    if error is HTTPParserError, case .idle = state { return refuse(.badRequest, context) }
    if error is HTTPParserError, case .receiving = state { return refuse(.badRequest, context) }
    context.close(promise: nil)
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if event is ChannelShouldQuiesceEvent {
      isStopping = true
      if case .idle = state { context.close(promise: nil) }
    }
    context.fireUserInboundEventTriggered(event)
  }

  // MARK: Answering

  private func answer(_ head: HTTPRequestHead, _ body: [UInt8], _ context: ChannelHandlerContext) {
    var message = Message(
      method: head.method.rawValue, host: head.headers.first(name: "host") ?? "", path: Self.path(head.uri), body: body)
    for (name, value) in head.headers { message.headers.append(name, value) }
    if wantsPeer {
      guard let der = try? context.pipeline.syncOperations.nioSSL_peerCertificate()?.toDERBytes() else {
        return refuse(.forbidden, context)
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
    var rest = Substring(uri).utf8
    if rest.first != UInt8(ascii: "/"), let scheme = rest.firstIndex(of: UInt8(ascii: ":")) {
      rest = rest[scheme...].dropFirst(3).drop { $0 != UInt8(ascii: "/") }
    }
    rest = rest.prefix { $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#") }
    return rest.isEmpty ? "/" : String(Substring(rest))
  }

  private func write(_ reply: Reply) {
    guard case .answering(let request) = state, let context else { return }
    guard reply != .lost else { return context.close(promise: nil) }
    let status = HTTPResponseStatus(statusCode: (200...599).contains(reply.status) ? reply.status : 500)
    let keepsAlive = request.isKeepAlive && request.version == .http1_1 && !isStopping
    write(status, reply, to: request, keepsAlive: keepsAlive, context)
  }

  private func refuse(_ status: HTTPResponseStatus, _ context: ChannelHandlerContext) {
    write(status, Reply(), to: nil, keepsAlive: false, context)
  }

  /// Head and body as one piece, which TLS makes one record of.
  private func write(
    _ status: HTTPResponseStatus, _ reply: Reply, to request: HTTPRequestHead?, keepsAlive: Bool,
    _ context: ChannelHandlerContext
  ) {
    var buffer = context.channel.allocator.buffer(capacity: reply.body.count + 512)
    buffer.writeString("HTTP/1.1 \(status.code) \(status.reasonPhrase)\r\n")
    for (name, value) in reply.headers { Self.write(name, value, to: &buffer) }
    if status != .noContent { Self.write("content-length", String(reply.body.count), to: &buffer) }
    if !keepsAlive { Self.write("connection", "close", to: &buffer) }
    buffer.writeString("\r\n")
    if request?.method != .HEAD { buffer.writeBytes(reply.body) }
    state = keepsAlive ? .idle : .closing
    deadline = .now() + TimeAmount(limits.idle)
    guard keepsAlive else {
      context.writeAndFlush(wrapOutboundOut(buffer)).assumeIsolated().whenComplete { _ in context.close(promise: nil) }
      return
    }
    context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
    receiveEarly(context)
  }

  /// A field; one that would be more than one (RFC 9110 §5.5: a sender MUST NOT generate CR, LF or NUL) is left out.
  private static func write(_ name: String, _ value: String, to buffer: inout ByteBuffer) {
    let isClean = { (text: String) in text.utf8.allSatisfy { $0 >= 0x20 || $0 == 0x09 } }
    guard isClean(name), isClean(value), !name.utf8.contains(UInt8(ascii: ":")) else { return }
    buffer.writeString(name)
    buffer.writeString(": ")
    buffer.writeString(value)
    buffer.writeString("\r\n")
  }

  /// Goes on with what came too early, up to the next whole request.
  private func receiveEarly(_ context: ChannelHandlerContext) {
    while let part = early.first {
      if case .answering = state { return }
      early.removeFirst()
      receive(part, context)
    }
    guard readIsDue else { return }
    readIsDue = false
    context.read()
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
