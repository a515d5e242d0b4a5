/// The client's end of the line to servers, synchronous: one link reaches any of them by the message's `host`.
public protocol ServerLink: AnyObject {
  /// Sends `message` and waits for the answer. An error of kind `broken` leaves open whether it was taken.
  func exchange(_ message: Message) throws(LinkError) -> Reply
}

/// A server's side of an HTTP interface: an answer to everything, a refusal included.
public typealias MessageHandler = @Sendable (Message) async -> Reply
