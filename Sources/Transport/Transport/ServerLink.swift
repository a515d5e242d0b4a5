/// The client's end of the line to servers, synchronous: one link reaches any of them by the message's `host`.
public protocol ServerLink: AnyObject {
  /// Sends `message` and waits for the answer. An error of kind `broken` leaves open whether it was taken.
  func exchange(_ message: Message) throws(LinkError) -> Reply
}

/// A server's side of an HTTP interface: an answer to everything, a refusal included.
public typealias MessageHandler = @Sendable (Message) async -> Reply

/// Servers in the same process, found by name: for the World, the lab and tests.
public final class InProcessServers: ServerLink {
  /// What a server in this process answers with.
  public typealias Responder = (Message) -> Reply

  private var responders: [String: Responder] = [:]

  /// A network without servers.
  public init() {}

  /// Puts a server at `host`; nil removes it.
  public func place(_ host: String, _ responder: Responder?) { responders[host] = responder }

  public func exchange(_ message: Message) throws(LinkError) -> Reply {
    guard let responder = responders[message.host] else {
      throw LinkError(.unreachable, "no server called \(message.host) is in this process")
    }
    return responder(message)
  }
}
