import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Transport

/// Sends messages over HTTPS, keeps connections, and trusts only the roots it is given.
public final class HTTPSClient: ServerLink, Sendable {
  /// Whom a client trusts, who it is, and how patient it is.
  public struct Configuration: Sendable {
    /// The only certificates (DER) that servers' chains may end in.
    public var roots: [[UInt8]]
    /// What the client proves itself with where a server asks (ES2+, ES12).
    public var identity: TLSIdentity?
    /// What else a server's own certificate (DER) must be, after its chain, validity and name have been verified; throws
    /// a sentence.
    public var checkServer: (@Sendable ([UInt8]) throws(LinkError) -> Void)?
    /// Where servers are that no name service knows: "smdp.example.com" → "127.0.0.1:8443". The certificate is
    /// verified for the name all the same.
    public var places: [String: String] = [:]
    /// Longest time to a connection with TLS.
    public var connectTimeout: Duration = .seconds(10)
    /// Longest time from sending a message to the end of its answer.
    public var timeout: Duration = .seconds(60)
    /// Longest answer, in bytes.
    public var bodyLimit = 4 << 20
    /// Most connections to one server at a time.
    public var connectionsPerServer = 8

    /// A client that trusts `roots` and nothing else.
    public init(roots: [[UInt8]], identity: TLSIdentity? = nil) { (self.roots, self.identity) = (roots, identity) }
  }

  private let configuration: Configuration
  private let client: HTTPClient

  /// A client; ``close()`` ends its connections.
  public init(_ configuration: Configuration) throws(LinkError) {
    self.configuration = configuration
    var tls = TLSConfiguration.makeClientConfiguration()
    tls.minimumTLSVersion = .tlsv12
    tls.certificateVerification = .fullVerification
    tls.trustRoots = .certificates(try NIOSSLCertificate.list(configuration.roots))
    if let identity = configuration.identity {
      tls.certificateChain = identity.chain.map { .certificate($0) }
      tls.privateKey = .privateKey(identity.key)
    }
    var settings = HTTPClient.Configuration(
      tlsConfiguration: tls, redirectConfiguration: .disallow,
      timeout: .init(connect: TimeAmount(configuration.connectTimeout), read: TimeAmount(configuration.timeout)))
    settings.httpVersion = .http1Only
    settings.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = configuration.connectionsPerServer
    settings.connectionPool.idleTimeout = .seconds(30)
    // Whether to try again is decided by those who know what was sent.
    settings.connectionPool.retryConnectionEstablishment = false
    for (name, place) in configuration.places { settings.dnsOverride[name] = Self.split(place).host }
    if let check = configuration.checkServer {
      // Runs when TLS is up and before a request goes out.
      settings.http1_1ConnectionDebugInitializer = { channel in
        channel.nioSSL_peerCertificate().flatMapThrowing { certificate in
          guard let certificate else { throw LinkError(.untrusted, "the server shows no certificate") }
          try check(certificate.toDERBytes())
        }.flatMapErrorThrowing { error in
          channel.close(promise: nil)
          throw error
        }
      }
    }
    client = HTTPClient(
      eventLoopGroupProvider: .shared(MultiThreadedEventLoopGroup.singleton), configuration: settings)
  }

  deinit { client.shutdown { _ in } }

  /// Ends all connections; messages sent afterwards fail.
  public func close() { client.shutdown { _ in } }

  /// Sends `message` and blocks the calling thread until the answer is there; not for use in `async` functions.
  public func exchange(_ message: Message) throws(LinkError) -> Reply {
    do {
      return reply(try start(message).wait())
    } catch {
      throw LinkError(error, host: message.host)
    }
  }

  /// Sends `message` and waits for the answer.
  public func send(_ message: Message) async throws(LinkError) -> Reply {
    do {
      return reply(try await start(message).get())
    } catch {
      throw LinkError(error, host: message.host)
    }
  }

  private func start(_ message: Message) throws -> HTTPClient.Task<HTTPClient.Response> {
    var (host, port) = Self.split(message.host)
    if port == nil, let place = configuration.places[host] { port = Self.split(place).port }
    guard !host.isEmpty, message.path.hasPrefix("/"),
      let url = URL(string: "https://\(host)\(port.map { ":\($0)" } ?? "")\(message.path)"), url.host != nil
    else { throw LinkError(.unreachable, "\"\(message.host)\" is no server's name") }
    host = message.host
    var headers = HTTPHeaders(message.headers.map { ($0.name, $0.value) })
    headers.replaceOrAdd(name: "Host", value: host)
    let request = try HTTPClient.Request(
      url: url, method: HTTPMethod(rawValue: message.method), headers: headers, body: .bytes(message.body))
    return client.execute(
      request: request, delegate: ResponseAccumulator(request: request, maxBodySize: configuration.bodyLimit),
      deadline: .now() + TimeAmount(configuration.timeout))
  }

  private func reply(_ response: HTTPClient.Response) -> Reply {
    var reply = Reply(status: Int(response.status.code))
    for (name, value) in response.headers { reply.headers.append(name, value) }
    if var body = response.body { reply.body = body.readBytes(length: body.readableBytes) ?? [] }
    return reply
  }

  /// "smdp.example.com:8443" → its parts.
  static func split(_ place: String) -> (host: String, port: Int?) {
    guard let colon = place.lastIndex(of: ":"), !place.hasSuffix("]"),
      let port = Int(place[place.index(after: colon)...]), (1...65_535).contains(port)
    else { return (place, nil) }
    return (String(place[..<colon]), port)
  }
}
