import NIOCore
import Synchronization

/// Cuts what arrives into frames.
struct FrameDecoder: ByteToMessageDecoder {
  typealias InboundOut = [UInt8]

  private let framing: Framing
  private let refused: () -> Void

  init(_ framing: Framing, refused: @escaping () -> Void) { (self.framing, self.refused) = (framing, refused) }

  mutating func decode(context: ChannelHandlerContext, buffer: inout ByteBuffer) throws -> DecodingState {
    guard let header = buffer.getBytes(at: buffer.readerIndex, length: framing.headerLength) else {
      return .needMoreData
    }
    guard let length = framing.length(header), length >= framing.headerLength else {
      refused()
      context.close(promise: nil)
      throw NotAFrame()
    }
    guard let frame = buffer.readBytes(length: length) else { return .needMoreData }
    context.fireChannelRead(wrapInboundOut(frame))
    return .continue
  }

  mutating func decodeLast(
    context: ChannelHandlerContext, buffer: inout ByteBuffer, seenEOF: Bool
  ) throws -> DecodingState {
    // A frame that breaks off is none.
    buffer.clear()
    return .needMoreData
  }

  struct NotAFrame: Error {}
}

/// Closes a connection whose peer does not read what it asked for.
final class SlowReaderGuard: ChannelInboundHandler {
  typealias InboundIn = [UInt8]
  typealias InboundOut = [UInt8]

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    if !context.channel.isWritable { context.close(promise: nil) }
    context.fireChannelWritabilityChanged()
  }
}

/// Answers at once what needs no waiting, and hands on the rest.
final class PromptAnswers: ChannelInboundHandler {
  typealias InboundIn = [UInt8]
  typealias InboundOut = [UInt8]
  typealias OutboundOut = ByteBuffer

  private let connection: FrameConnection
  private let service: any FrameService
  /// After so many answers to what was read together, others have their turn.
  private let limit: Int
  private var answered = 0

  init(_ connection: FrameConnection, _ service: any FrameService, limit: Int) {
    (self.connection, self.service, self.limit) = (connection, service, limit)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard answered < limit, let answer = service.answerAtOnce(unwrapInboundIn(data), on: connection) else {
      return context.fireChannelRead(data)
    }
    answered += 1
    context.write(wrapOutboundOut(context.channel.allocator.buffer(bytes: answer)), promise: nil)
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    if answered > 0 { context.flush() }
    answered = 0
    context.fireChannelReadComplete()
  }
}

/// How many are inside.
final class Counter: Sendable {
  private let count = Mutex(0)

  /// Whether there was room for one more below `limit`.
  func enter(_ limit: Int) -> Bool {
    count.withLock { count in
      guard count < limit else { return false }
      count += 1
      return true
    }
  }

  func leave() { count.withLock { $0 -= 1 } }
}
