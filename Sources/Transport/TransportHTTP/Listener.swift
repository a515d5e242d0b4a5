import Transport

/// Where a server listens, who it is there, whom it lets in and what answers.
public struct Listener: Sendable {
  /// Whom a listener lets in.
  public enum Clients: Sendable {
    /// Anyone; the client shows no certificate (ES9+, ES11: the eUICC authenticates above TLS).
    case anyone
    /// Clients whose certificate, shown in TLS, `accepts` lets pass: leaf first, in DER, as the client sent them and
    /// unverified but for its proof that it holds the leaf's key.
    case holders(accepts: @Sendable ([[UInt8]]) -> Bool)

    /// Clients that hold one of these very certificates (DER), self-signed ones too.
    public static func pinned(_ certificates: Set<[UInt8]>) -> Clients {
      .holders { chain in chain.first.map(certificates.contains) ?? false }
    }
  }

  /// What a peer may take of us.
  public struct Limits: Sendable {
    /// Longest request body, in bytes: a bound profile package with everything around it is far below.
    public var body = 4 << 20
    /// Longest time without a whole request on a connection.
    public var idle: Duration = .seconds(60)
    /// Longest time from a request's head to its end.
    public var request: Duration = .seconds(30)
    /// Most connections at a time.
    public var connections = 10_000

    /// The usual limits.
    public init() {}
  }

  /// The address to bind: "127.0.0.1", "::", "0.0.0.0".
  public var host: String
  /// The port; 0 takes a free one.
  public var port: Int
  /// Nil serves plain HTTP: for a listener behind nginx or haproxy, on a loopback address.
  public var identity: TLSIdentity?
  public var clients: Clients
  public var limits: Limits
  /// Whether the handler decides by itself, without blocking calls to other servers: then it runs on the thread that
  /// received the request, which spares waking another.
  public var isPrompt: Bool
  /// Answers every request.
  public var handler: MessageHandler

  /// A listener.
  public init(
    host: String = "127.0.0.1", port: Int, identity: TLSIdentity?, clients: Clients = .anyone,
    limits: Limits = Limits(), isPrompt: Bool = false, handler: @escaping MessageHandler
  ) {
    (self.host, self.port, self.identity, self.clients) = (host, port, identity, clients)
    (self.limits, self.isPrompt, self.handler) = (limits, isPrompt, handler)
  }
}
