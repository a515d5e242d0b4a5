import Bytes
import Identifiers
import JSON
import Keys
import Transport

/// The centre's HTTP interface: JSON over HTTPS, for clients that prove themselves by certificate or token.
///
///     POST   /auc/v1/vectors                               {imsi, count?, access?, kind?}
///     POST   /auc/v1/resynchronisations                    {imsi, rand, auts, count?, access?}
///     POST   /auc/v1/subscribers                           {imsi, k, opc | op | topc, …}
///     GET    /auc/v1/subscribers/IMSI
///     DELETE /auc/v1/subscribers/IMSI
///     PUT, DELETE /auc/v1/subscribers/IMSI/bar
///     PUT    /auc/v1/subscribers/IMSI/changes/NAME         {k, opc | op | topc, …}
///     POST   /auc/v1/subscribers/IMSI/changes/NAME/commit
///     POST   /auc/v1/subscribers/IMSI/changes/NAME/abandon
///
/// Bytes are hexadecimal digits. A refusal is {"error", "message"}.
public struct HTTPRoute: Sendable {
  let desk: Desk
  private let clients: [HTTPClient]

  /// The route for the clients that may come.
  public init(_ desk: Desk, clients: [HTTPClient]) { (self.desk, self.clients) = (desk, clients) }

  /// The answer to a request: a refusal is one too.
  public func respond(to message: Message, now: Instant, random: any RandomSource) async -> Reply {
    do {
      guard let client = clients.first(where: { $0.isSender(of: message) }) else { throw HTTPRefusal.unauthorised }
      return try await answer(message, client, now: now, random: random)
    } catch {
      return HTTPRefusal(error).reply
    }
  }

  private func answer(_ message: Message, _ client: HTTPClient, now: Instant, random: any RandomSource) async throws
    -> Reply
  {
    let parts = message.path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard parts.count >= 4, parts[..<3] == ["", "auc", "v1"] else { throw HTTPRefusal.notFound }
    let right: HTTPClient.Right = parts[3] == "subscribers" ? .administer : .authenticate
    guard client.rights.contains(right) else { throw HTTPRefusal.forbidden }
    let shell = (now: now, random: random)
    switch (message.method, parts[3], parts.count) {
    case ("POST", "vectors", 4): return try await vectors(JSONReader.object(message.body), client.name, shell)
    case ("POST", "resynchronisations", 4):
      return try await resynchronise(JSONReader.object(message.body), client.name, shell)
    case ("POST", "subscribers", 4):
      let body = try JSONReader.object(message.body)
      let subscriber = try Subscriber(json: body, imsi: imsi(body.text("imsi")))
      try desk.add([subscriber], now: now, random: random)
      return try reply(201, desk.summary(of: subscriber.imsi).json)
    case ("GET", "subscribers", 5): return try reply(200, desk.summary(of: imsi(parts[4])).json)
    case ("DELETE", "subscribers", 5):
      try desk.remove(imsi(parts[4]), now: now, random: random)
      return Reply(status: 204)
    case ("PUT", "subscribers", 6) where parts[5] == "bar":
      try desk.bar(imsi(parts[4]), now: now, random: random)
      return Reply(status: 204)
    case ("DELETE", "subscribers", 6) where parts[5] == "bar":
      try desk.unbar(imsi(parts[4]), now: now, random: random)
      return Reply(status: 204)
    case (_, "subscribers", 7...8) where parts[5] == "changes":
      guard let change = ChangeID(parts[6]) else { throw HTTPRefusal.notFound }
      return try self.change(message, imsi(parts[4]), change, parts.dropFirst(7).first, shell)
    default: throw HTTPRefusal.notFound
    }
  }

  private func change(
    _ message: Message, _ imsi: IMSI, _ change: ChangeID, _ verb: String?,
    _ shell: (now: Instant, random: any RandomSource)
  ) throws -> Reply {
    switch (message.method, verb) {
    case ("PUT", nil):
      let subscriber = try Subscriber(json: JSONReader.object(message.body), imsi: imsi)
      try desk.prepare(subscriber, as: change, now: shell.now, random: shell.random)
    case ("POST", "commit"): try desk.commit(change, of: imsi, now: shell.now, random: shell.random)
    case ("POST", "abandon"): try desk.abandon(change, of: imsi, now: shell.now, random: shell.random)
    default: throw HTTPRefusal.notFound
    }
    return Reply(status: 204)
  }

  private func vectors(
    _ body: JSONObject, _ node: String, _ shell: (now: Instant, random: any RandomSource)
  ) async throws -> Reply {
    let (imsi, count) = (try imsi(body.text("imsi")), try body["count"] == nil ? 1 : body.integer("count"))
    if try body.textIfPresent("kind") == "gsm" {
      return reply(200, try desk.triplets(for: imsi, count: count, random: shell.random).map(\.json))
    }
    let vectors = try await desk.quintuplets(
      for: imsi, by: node, access: access(body), count: count, now: shell.now, random: shell.random)
    return reply(200, vectors.map(\.json))
  }

  private func resynchronise(
    _ body: JSONObject, _ node: String, _ shell: (now: Instant, random: any RandomSource)
  ) async throws -> Reply {
    guard let auts = ResynchronisationToken(bytes: try body.hex("auts")) else {
      throw JSONError.invalid("auts", "14 bytes are wanted")
    }
    let vectors = try await desk.resynchronise(
      imsi(body.text("imsi")), rand: body.hex("rand"), auts: auts, by: node, access: access(body),
      count: body["count"] == nil ? 1 : body.integer("count"), now: shell.now, random: shell.random)
    return reply(200, vectors.map(\.json))
  }

  private func access(_ body: JSONObject) throws -> AccessNetwork {
    guard let text = try body.textIfPresent("access") else { return .eps }
    guard let access = AccessNetwork(rawValue: text) else {
      throw JSONError.invalid("access", "eps or utran is wanted")
    }
    return access
  }

  private func imsi(_ text: String) throws -> IMSI {
    do { return try IMSI(text) } catch { throw JSONError.invalid("imsi", error.description) }
  }

  private func reply(_ status: Int, _ vectors: [JSONObject]) -> Reply {
    var object = JSONObject()
    object["vectors"] = .array(vectors.map { .object($0) })
    return reply(status, object)
  }

  private func reply(_ status: Int, _ object: JSONObject) -> Reply {
    Reply(
      status: status, headers: ["Content-Type": "application/json", "Cache-Control": "no-store"], body: object.encoded)
  }
}
