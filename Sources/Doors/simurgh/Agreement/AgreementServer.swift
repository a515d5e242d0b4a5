import Bytes
import ContentManagement
import Dispatch
import Identifiers
import MutualAgreement
import SecureMessages
import Transport
import TransportHTTP

/// A party of the data storing system as a server over TLS.
enum AgreementServer {
  /// Who is served.
  typealias Responder = @Sendable ([UInt8]) -> [UInt8]

  /// Starts a listener; requests may wait for other parties, so that they run on threads of their own.
  static func start(
    _ respond: @escaping Responder, _ site: Site, certificate: String, host: String, port: Int
  ) async throws -> HTTPServer {
    var limits = Listener.Limits()
    limits.body = AgreementPath.bodyLimit
    let identity = try TLSIdentity(certificate, in: site.existingCircle(), for: "agreement", on: host)
    return try await HTTPServer.start([
      Listener(host: host, port: port, identity: identity, limits: limits) { message in
        await withCheckedContinuation { waiting in
          DispatchQueue.global().async {
            waiting.resume(returning: AgreementRoute.respond(to: message, answer: respond))
          }
        }
      }
    ])
  }

  /// What `party` of the site answers with over `peers`, and what delivers what waits for others, as after each answer.
  static func responder(
    _ party: Party, of agreement: AgreementSite, peers: any Peers
  ) throws -> (respond: Responder, deliver: @Sendable () -> Void) {
    let random = AgreementSite.random
    let respond: Responder
    let deliver: @Sendable () -> Void
    switch party {
    case try AgreementSite.issuerRegistrar():
      let desk = try agreement.issuers()
      respond = { desk.respond(to: $0, now: .now(), random: random) }
      deliver = { _ = try? desk.book.deliver(over: peers, now: .now()) }
    case try AgreementSite.dataRegistrar():
      let desk = try agreement.data()
      respond = { desk.respond(to: $0, now: .now(), random: random) }
      deliver = { _ = try? desk.book.deliver(over: peers, now: .now()) }
    case let party where party.name.hasPrefix("issuer:"):
      let desk = try agreement.issuing(party, peers: peers)
      respond = { desk.respond(to: $0, now: .now(), random: random) }
      deliver = { _ = try? desk.deliver(now: .now()) }
    default:
      let desk = try agreement.providing(party, peers: peers)
      respond = { desk.respond(to: $0, now: .now(), random: random) }
      deliver = { _ = try? desk.deliver(now: .now()) }
    }
    return (
      { bytes in
        let answer = respond(bytes)
        DispatchQueue.global().async(execute: deliver)
        return answer
      }, deliver
    )
  }
}
