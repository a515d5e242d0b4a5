import Transport

/// A desk that is reached over HTTP: it has a table of functions by their paths.
public protocol Serving: Deciding {
  /// What `message` asks for; nil where its path is no function's.
  func work(for message: Message, given: Given) -> Work?
}

/// Bytes ↔ messages: a party's HTTP interfaces without HTTP, so that servers, simulation and fuzzers share them.
///
/// Whatever comes, an answer goes: a specified refusal, or a status of HTTP where there is nothing to refuse.
public struct FunctionRoute<Desk: Serving>: Sendable {
  /// The party behind it.
  public let desk: Desk
  private let given: @Sendable () -> Given

  /// A route to `desk`; `given` is asked once for each request.
  public init(_ desk: Desk, given: @escaping @Sendable () -> Given) { (self.desk, self.given) = (desk, given) }

  /// The answer to `message`, on the caller's thread.
  public func respond(to message: Message) -> Reply { desk.respond(to: desk.work(for: message, given: given())) }

  /// The answer to `message`; its commit is shared with other requests'.
  public func respond(to message: Message) async -> Reply {
    await desk.respond(to: desk.work(for: message, given: given()))
  }
}
