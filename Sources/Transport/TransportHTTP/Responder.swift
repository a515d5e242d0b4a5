import HTTPTypes
import HummingbirdCore
import NIOCore
import NIOHTTPTypes
import NIOSSL
import Transport

/// Hands requests to a handler as values and its replies back.
struct Responder: Sendable {
  private let handler: MessageHandler
  private let bodyLimit: Int
  private let wantsPeer: Bool

  init(_ listener: Listener) {
    (handler, bodyLimit) = (listener.handler, listener.limits.body)
    if case .holders = listener.clients, listener.identity != nil { wantsPeer = true } else { wantsPeer = false }
  }

  @Sendable func respond(_ request: Request, writer: consuming ResponseWriter, channel: any Channel) async throws {
    var message = Message(
      method: request.method.rawValue, host: request.head.authority ?? "", path: request.uri.path)
    for field in request.headers { message.headers.append(field.name.rawName, field.value) }
    if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > bodyLimit {
      return try await refuse(413, writer)
    }
    do {
      var buffer = try await request.body.collect(upTo: bodyLimit)
      message.body = buffer.readBytes(length: buffer.readableBytes) ?? []
    } catch is NIOTooManyBytesError {
      return try await refuse(413, writer)
    }
    if wantsPeer {
      guard let certificate = try await channel.nioSSL_peerCertificate().get() else {
        return try await refuse(403, writer)
      }
      message.peerCertificate = try certificate.toDERBytes()
    }
    try await write(await handler(message), writer)
  }

  private func write(_ reply: Reply, _ writer: consuming ResponseWriter) async throws {
    guard reply != .lost else { throw Refused() }
    var fields = HTTPFields()
    for (name, value) in reply.headers {
      if let name = HTTPField.Name(name) { fields.append(HTTPField(name: name, value: value)) }
    }
    if reply.status != 204 { fields[.contentLength] = String(reply.body.count) }
    let head = HTTPResponse(
      status: .init(code: (200...599).contains(reply.status) ? reply.status : 500), headerFields: fields)
    guard !reply.body.isEmpty else { return try await writer.writeResponse(head) }
    try await writer.write(response: head, body: ResponseBody(byteBuffer: ByteBuffer(bytes: reply.body)))
  }

  /// What is left of the request is not read: the connection ends.
  private func refuse(_ status: Int, _ writer: consuming ResponseWriter) async throws {
    let fields: HTTPFields = [.contentLength: "0", .connection: "close"]
    try await writer.writeResponse(HTTPResponse(status: .init(code: status), headerFields: fields))
    throw Refused()
  }

  private struct Refused: Error {}
}

extension Reply {
  /// No answer at all: the connection ends, as if the answer had been lost on its way. For tests of clients.
  public static let lost = Reply(status: 0)
}

/// Closes a connection whose request takes too long from its head to its end.
final class RequestDeadline: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPRequestPart
  typealias InboundOut = HTTPRequestPart

  private let limit: TimeAmount
  private var timer: Scheduled<Void>?

  init(_ limit: Duration) { self.limit = TimeAmount(limit) }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head:
      timer?.cancel()
      let channel = context.channel
      timer = context.eventLoop.scheduleTask(in: limit) { channel.close(promise: nil) }
    case .body: break
    case .end:
      timer?.cancel()
      timer = nil
    }
    context.fireChannelRead(data)
  }

  func channelInactive(context: ChannelHandlerContext) {
    timer?.cancel()
    context.fireChannelInactive()
  }
}
