import Transport

/// Servers in the same process, found by name: without a network between.
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
