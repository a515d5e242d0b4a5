import Bytes
import CircleFiles
import CircleOfTrust
import Foundation
import Identifiers
import Keys
import SGP22
import SMDPPlus
import Store
import Transport
import TransportHTTP

/// An SM-DP+ of a site, put together: desk, routes, listeners, and the runner of its errands.
struct SMDPPlusParty {
  let configuration: ServerConfiguration
  let store: any Store
  let vault: KeyVault
  let directory: CircleDirectory

  /// The SM-DP+'s desk, with the certificates of one curve or of both.
  func desk(curve: Curve? = nil) throws -> Desk {
    let circle = try directory.circle()
    var settings = Desk.Settings(address: configuration.address)
    settings.sessionLifetime = .seconds(configuration.sessionSeconds)
    return try Desk(
      store: store, settings: settings, credentials: credentials(circle, curve: curve), circle: circle,
      requesters: requesters().known, packages: Workshop(templates: try Templates.all(), vault: vault))
  }

  /// The listeners with their handlers.
  func listeners(sink: (any EventSink)?) throws -> [Listener] {
    let operators = try requesters().certificates
    return try configuration.listeners.map { listener in
      let desk = try desk(curve: listener.curve)
      let route = Route(desk) { Given(now: .now(), random: SystemRandomSource.shared) }
      let prefix = listener.serves == .es2plus ? "/gsma/rsp2/es2plus/" : "/gsma/rsp2/es9plus/"
      return Listener(
        host: listener.host, port: listener.port, identity: try identity(listener),
        clients: listener.serves == .es2plus ? .pinned(operators) : .anyone,
        handler: Self.handler(prefix, route, name: listener.name, sink))
    }
  }

  /// A listener serves one interface: what is not its own is not there.
  private static func handler(
    _ prefix: String, _ route: Route, name: String, _ sink: (any EventSink)?
  ) -> MessageHandler {
    let handler: MessageHandler = { message in
      message.path.hasPrefix(prefix) ? await route.respond(to: message) : Reply(status: 404)
    }
    guard let sink else { return handler }
    return recording(handler, peer: name, sink: sink, names: MessageNames.all)
  }

  /// CERT.DPauth and CERT.DPpb of each issuer whose certificates are here, of one curve or of both.
  private func credentials(_ circle: Circle, curve: Curve?) throws -> [Credentials] {
    let binding = try directory.entries(.dpProfileBinding)
    let credentials = try directory.entries(.dpAuthentication).compactMap { entry -> Credentials? in
      guard curve == nil || entry.certificate.publicKey.curve == curve, let key = entry.key else { return nil }
      let partner = binding.first { other in
        other.certificate.authorityKeyIdentifier == entry.certificate.authorityKeyIdentifier
          && other.certificate.extensions.registeredIDs == entry.certificate.extensions.registeredIDs
          && other.key != nil
      }
      guard let partner, let partnerKey = partner.key else { return nil }
      return try Credentials(
        authentication: entry.certificate, authenticationKey: key, profileBinding: partner.certificate,
        profileBindingKey: partnerKey, circle: circle, now: .now())
    }
    guard !credentials.isEmpty else {
      throw Complaint(
        .configuration, "The circle has no certificates with which an SM-DP+ could prove itself.",
        remedy: "Issue them: simurgh ca issue dp-auth smdp-plus && simurgh ca issue dp-pb smdp-plus")
    }
    return credentials
  }

  private func identity(_ listener: ServerConfiguration.Listener) throws -> TLSIdentity? {
    if listener.certificate == "none" {
      guard ["127.0.0.1", "::1", "localhost"].contains(listener.host) else {
        throw Complaint(
          .configuration, "Listener \(listener.name) would serve plain HTTP on \(listener.host).",
          remedy: "Without a certificate a listener must be on a loopback address, behind a front proxy.")
      }
      return nil
    }
    let entry = try directory.entry(listener.certificate)
    guard let key = entry.key else { throw Complaint(.configuration, "\(entry.name) has no private key.") }
    return try TLSIdentity(certificates: [entry.certificate.encoded], key: key)
  }

  private func requesters() throws -> (known: Requesters, certificates: Set<[UInt8]>) {
    var certificates: Set<[UInt8]> = []
    let known = try configuration.operators.map { item in
      let certificate = try Self.certificate(item.certificate, directory)
      certificates.insert(certificate)
      return Requesters.Requester(
        identifier: item.identifier, fingerprints: [sha256(certificate)], callback: item.callback)
    }
    return (Requesters(known), certificates)
  }

  /// A certificate in DER, by its name in the circle or from a PEM file.
  private static func certificate(_ name: String, _ directory: CircleDirectory) throws -> [UInt8] {
    if let text = try? String(contentsOfFile: name, encoding: .utf8),
      let block = try PEM.blocks(in: text).first(where: { $0.label == "CERTIFICATE" })
    {
      return block.bytes
    }
    return try directory.entry(name).certificate.encoded
  }
}
