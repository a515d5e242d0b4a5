import Bytes
import CircleFiles
import CircleOfTrust
import Foundation
import Identifiers
import Keys
import MutualAuthentication
import SGP22
import SMDPPlus
import Stations
import Store
import StoreSQLite
import Transport
import TransportHTTP

/// An SM-DP+ of a site, put together: desk, routes, listeners, and the runner of its errands.
struct SMDPPlusParty {
  let configuration: ServerConfiguration
  let store: any Store
  let vault: KeyVault
  let directory: CircleDirectory
  /// The circle, which all desks share.
  let trust: CircleInForce

  init(configuration: ServerConfiguration, store: any Store, vault: KeyVault, directory: CircleDirectory) throws {
    try configuration.check()
    (self.configuration, self.store, self.vault, self.directory) = (configuration, store, vault, directory)
    trust = CircleInForce(try directory.circle())
  }

  /// The SM-DP+'s desk, with the certificates of one curve or of both.
  func desk(curve: Curve? = nil) throws -> Desk {
    let circle = trust.circle
    var settings = Desk.Settings(address: configuration.address)
    settings.sessionLifetime = .seconds(configuration.sessionSeconds)
    settings.sealsProfiles = configuration.sealProfiles
    settings.rootSmdsAddress = configuration.smds.first { $0.isRoot }?.address
    settings.registrationAddresses = Dictionary(
      configuration.smds.compactMap { smds in smds.es12.map { (smds.address, $0) } }, uniquingKeysWith: { a, _ in a })
    return try Desk(
      store: store, vault: vault, settings: settings, credentials: credentials(circle, curve: curve), trust: trust,
      requesters: requesters().known, packages: Workshop(templates: try Templates.all(), vault: vault))
  }

  /// The listeners with their handlers.
  func listeners(sink: (any EventSink)?, faults: ServerFaults = ServerFaults([])) throws -> [Listener] {
    let operators = try requesters().certificates
    let listeners = try configuration.listeners.map { listener in
      let desk = try desk(curve: listener.curve)
      let route = Route(desk) { Given(now: .now(), random: SystemRandomSource.shared) }
      let handler = faults.around(Self.handler(listener, route, sink))
      return Listener(
        host: listener.host, port: listener.port,
        identity: try TLSIdentity(listener.certificate, in: directory, for: listener.name, on: listener.host),
        clients: listener.serves == .es2plus ? .pinned(operators) : .anyone, isPrompt: store is SQLiteStore,
        handler: try frontDoor(listener, operators).map { $0.guarding(handler) } ?? handler)
    }
    try OrderBook.wrapWhatIsClear(vault, random: SystemRandomSource.shared, in: store)
    return listeners
  }

  /// The guard of an ES2+ listener behind a front proxy that ends mutual TLS.
  private func frontDoor(
    _ listener: ServerConfiguration.Listener, _ operators: Set<[UInt8]>
  ) throws -> FrontDoor? {
    guard let file = listener.frontSecret else { return nil }
    guard listener.certificate == "none", listener.serves == .es2plus else {
      throw Complaint(
        .configuration, "Listener \(listener.name) has a frontSecret, but is no ES2+ listener without a certificate.",
        remedy: "Give it \"certificate: none\" and \"serves: es2plus\", or take the frontSecret away.")
    }
    return FrontDoor(
      secret: try FrontDoor.secret(in: file.hasPrefix("/") ? file : "\(site)/\(file)"), accepted: operators)
  }

  /// The site's directory, beside the circle.
  private var site: String { PathName.folder(of: directory.path) }

  /// A listener serves one interface: what is not its own is not there.
  private static func handler(
    _ listener: ServerConfiguration.Listener, _ route: Route, _ sink: (any EventSink)?
  ) -> MessageHandler {
    let handler: MessageHandler = { message in
      let isMine =
        switch listener.serves {
        case .es9plus: message.path.hasPrefix("/gsma/rsp2/es9plus/") || message.path == HTTPRules.asn1Path
        case .es2plus: message.path.hasPrefix("/gsma/rsp2/es2plus/")
        }
      return isMine ? await route.respond(to: message) : Reply(status: 404)
    }
    guard let sink else { return handler }
    return recording(handler, peer: listener.name, sink: sink, names: MessageNames.all)
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
        remedy: "Issue them: simurgh ca issue dp-auth smdp-plus --dir \(site)"
          + " && simurgh ca issue dp-pb smdp-plus --dir \(site)")
    }
    return credentials
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
    if FileManager.default.fileExists(atPath: name), let text = try? InputFile.text(name),
      let block = try PEM.blocks(in: text).first(where: { $0.label == "CERTIFICATE" })
    {
      return block.bytes
    }
    return try directory.entry(name).certificate.encoded
  }
}
