import AddressLookup
import CircleOfTrust
import Identifiers
import MutualAuthentication
import SGP22
import Stations
import Store
import TLV
import Transport
import TransportDNS

/// The other SM-SRs, and the directory that says which of them manages an eUICC. Nobody is believed for its address: who
/// is there shows a certificate, before anything is sent.
public struct Mesh: Sendable {
  /// Refuses a server by the certificate (DER) that it shows.
  public typealias Check = @Sendable (_ certificate: [UInt8]) throws(LinkError) -> Void

  /// A directory of addresses.
  public struct Directory: Sendable {
    /// Its object identifier.
    public let oid: OID
    /// Where it is.
    public let host: String

    /// Where its statements stand in the domain name system, too, and who is asked there.
    let names: (server: NameServer, domain: String)?

    /// A directory that is called at `host`; with `names` it is looked up in the domain name system, and called to
    /// register alone.
    public init(oid: OID, host: String, names: (server: NameServer, domain: String)? = nil) {
      (self.oid, self.host, self.names) = (oid, host, names)
    }
  }

  /// A link with mutual TLS that sends nothing to a server which the check refuses.
  public typealias Connect = @Sendable (@escaping Check) throws(LinkError) -> any ServerLink

  let trust: CircleInForce
  /// This SM-SR's object identifier.
  let identifier: String
  /// Where this SM-SR is called.
  let host: String
  let directory: Directory?
  let hosts: [OID: String]
  let connect: Connect

  /// The mesh as the SM-SR `identifier` at `host` sees it. `hosts` says where SM-SRs are; of those that it does not name the
  /// `directory` does.
  public init(
    trust: CircleInForce, identifier: String, host: String, directory: Directory? = nil, hosts: [OID: String] = [:],
    connect: @escaping Connect
  ) {
    (self.trust, self.identifier, self.host) = (trust, identifier, host)
    (self.directory, self.hosts, self.connect) = (directory, hosts, connect)
  }

  /// The calls to the SM-SR `oid` at `host`, to nobody else.
  func manager(_ oid: OID, at host: String, now: Instant) throws(LinkError) -> FunctionClient {
    let link = try connect { [trust] certificate throws(LinkError) in
      let shown: VerifiedCertificate
      do { shown = try trust.circle.verify([Certificate(encoded: certificate)], as: .srTLS, at: now) } catch {
        throw LinkError(.untrusted, "at \(host) is no SM-SR of the circle: \(error)")
      }
      guard shown.oid == oid else { throw LinkError(.untrusted, "at \(host) is another SM-SR than \(oid)") }
    }
    return FunctionClient(link: link, host: host, requester: identifier)
  }

  /// Where the SM-SR `oid` is, which is said to manage `eid`: refused where the directory names another.
  func host(of oid: OID, managing eid: EID, identifier call: String, now: Instant) throws -> Found {
    guard directory != nil else {
      return hosts[oid].map { .at($0) } ?? .refused("nobody says where the SM-SR \(oid) is")
    }
    switch try address(of: eid, identifier: call, now: now) {
    case .success(let advice) where advice.server == oid: return .at(advice.host.description)
    case .success(let advice):
      return .refused("the directory names \(advice.server), not \(oid), as the manager of \(eid)")
    case .refused(let refusal): return .refused("\(refusal)")
    case .unknown(let reason): return .unknown(reason)
    }
  }

  /// Where somebody is.
  enum Found {
    case at(String)
    case refused(String)
    case unknown(String)
  }

  /// Which SM-SR manages `eid`, as the directory signs it.
  public func address(
    of eid: EID, identifier call: String, now: Instant
  ) throws -> FunctionClient.Answer<AddressAdvice> {
    guard let directory else { return .refused(.addressUnknown) }
    let request = FindAddress.Request(eid: eid, service: .manager)
    if let names = directory.names { return Self.lookUp(request, names, of: directory, trust, now: now) }
    switch try client(of: directory, now: now).call(FindAddress.self, request, identifier: call) {
    case .success(let response):
      do {
        return .success(try AddressAdvice(response, to: request, from: directory.oid, in: trust.circle, at: now))
      } catch { return .unknown("\(error)") }
    case .refused(let refusal): return .refused(refusal)
    case .unknown(let reason): return .unknown(reason)
    }
  }

  /// The same of the domain name system.
  private static func lookUp(
    _ request: FindAddress.Request, _ names: (server: NameServer, domain: String), of directory: Directory,
    _ trust: CircleInForce, now: Instant
  ) -> FunctionClient.Answer<AddressAdvice> {
    do {
      let statements = try names.server.texts(of: AddressRecord.name(of: request, in: names.domain))
      guard !statements.isEmpty else { return .refused(.addressUnknown) }
      let certificates = try names.server.texts(of: AddressRecord.certificateName(in: names.domain))
      guard let statement = statements.first, let certificate = certificates.first,
        let response = AddressRecord.response(statement: statement, certificate: certificate)
      else { return .unknown("\(AddressDoubt.malformed)") }
      return .success(
        try AddressAdvice(response, to: request, from: directory.oid, in: trust.circle, at: now))
    } catch { return .unknown("\(error)") }
  }

  /// The directory is told who may take over from this SM-SR; nil names itself, so that nobody may.
  func handOver(
    _ eid: EID, to successor: OID, identifier call: String, now: Instant
  ) throws -> FunctionClient.Answer<NoFields> {
    guard let directory else { return .success(NoFields()) }
    return try client(of: directory, now: now).call(
      HandOverAddress.self, .init(eid: eid, service: .manager, successor: successor), identifier: call)
  }

  /// The directory is told that this SM-SR manages `eid`.
  func register(_ eid: EID, identifier call: String, now: Instant) throws -> FunctionClient.Answer<NoFields> {
    guard let directory else { return .success(NoFields()) }
    return try client(of: directory, now: now).call(
      RegisterAddress.self, .init(eid: eid, service: .manager, host: host), identifier: call)
  }

  private func client(of directory: Directory, now: Instant) throws(LinkError) -> FunctionClient {
    let link = try connect { [trust] certificate throws(LinkError) in
      let shown = try? trust.circle.verify([Certificate(encoded: certificate)], as: .directoryTLS, at: now)
      guard shown?.oid == directory.oid else {
        throw LinkError(.untrusted, "at \(directory.host) is another server than the directory")
      }
    }
    return FunctionClient(link: link, host: directory.host, requester: identifier)
  }
}
