import CircleFiles
import CircleOfTrust
import Foundation
import Identifiers
import Keys
import SGP22
import SMDPPlus

/// What an SM-DP+ is told in `smdp-plus.yaml`; every key may be left out.
struct ServerConfiguration: Codable {
  /// The address in activation codes; with a port where it is not 443.
  var address = LabNames.smdpAddress
  /// Where it listens.
  var listeners = [Listener(name: "public"), Listener(name: "operators", port: 8444, serves: .es2plus)]
  /// The operators that may call ES2+.
  var operators: [Operator] = []
  /// Seconds until an unfinished session ends.
  var sessionSeconds = 900
  /// Whether each profile is signed for the eUICC that gets it.
  var sealProfiles = false
  /// The SM-DS at which events are registered.
  var smds = [DiscoveryServer(address: LabNames.smdsAddress, es12: LabNames.smdsRegistrationAddress, isRoot: true)]
  /// The TLS certificate that SM-DS and operators are shown, as `simurgh ca show` names it.
  var clientCertificate: String?
  /// The database that keeps the orders, in place of the site's file.
  var store: String?

  /// An SM-DS.
  struct DiscoveryServer: Codable {
    /// Its address for devices, which orders name.
    var address: String
    /// Where it takes events; the same address if it is left out.
    var es12: String?
    /// Whether it is meant by orders that name it with a dot.
    var isRoot = false

    init(address: String, es12: String?, isRoot: Bool) {
      (self.address, self.es12, self.isRoot) = (address, es12, isRoot)
    }

    init(from decoder: any Decoder) throws {
      let values = try decoder.container(keyedBy: CodingKeys.self)
      address = try values.decode(String.self, forKey: .address)
      es12 = try values.decodeIfPresent(String.self, forKey: .es12)
      isRoot = try values.decodeIfPresent(Bool.self, forKey: .isRoot) ?? false
    }

    enum CodingKeys: String, CodingKey, CaseIterable {
      case address, es12
      case isRoot = "root"
    }
  }

  enum CodingKeys: String, CodingKey, CaseIterable {
    case address, listeners, operators, sessionSeconds, sealProfiles, smds, clientCertificate, store
  }

  /// A listener.
  struct Listener: Codable {
    enum CodingKeys: String, CodingKey, CaseIterable {
      case name, host, port, serves, certificate, curve, frontSecret
    }

    enum Interface: String, Codable { case es9plus, es2plus }

    var name: String
    var host = "127.0.0.1"
    var port = 8443
    var serves = Interface.es9plus
    /// The TLS certificate as `simurgh ca show` names it; "none" serves plain HTTP behind a front proxy.
    var certificate = "DPtls/smdp-plus"
    /// The curve of the certificates that eUICCs are shown here; both where it is left out.
    var curve: Curve?
    /// The file with the secret of the front proxy that ends mutual TLS before this ES2+ listener.
    var frontSecret: String?

    init(name: String, port: Int = 8443, serves: Interface = .es9plus) {
      (self.name, self.port, self.serves) = (name, port, serves)
    }

    init(from decoder: any Decoder) throws {
      let values = try decoder.container(keyedBy: CodingKeys.self)
      name = try values.decodeIfPresent(String.self, forKey: .name) ?? "listener"
      host = try values.decodeIfPresent(String.self, forKey: .host) ?? host
      port = try values.decodeIfPresent(Port.self, forKey: .port)?.number ?? port
      serves = try values.decodeIfPresent(Interface.self, forKey: .serves) ?? serves
      certificate = try values.decodeIfPresent(String.self, forKey: .certificate) ?? certificate
      curve = try values.decodeIfPresent(Curve.self, forKey: .curve)
      frontSecret = try values.decodeIfPresent(String.self, forKey: .frontSecret)
    }
  }

  /// An operator.
  struct Operator: Codable {
    enum CodingKeys: String, CodingKey, CaseIterable { case identifier, certificate, callback }

    /// Its functionRequesterIdentifier.
    var identifier: String
    /// Its client certificate: as `ca show` names it, or a PEM file; a self-signed one is pinned just the same.
    var certificate: String
    /// Where it wants to be told how downloads go.
    var callback: String?
  }

  init() {}

  init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    address = try values.decodeIfPresent(String.self, forKey: .address) ?? address
    listeners = try values.decodeIfPresent([Listener].self, forKey: .listeners) ?? listeners
    operators = try values.decodeIfPresent([Operator].self, forKey: .operators) ?? operators
    sessionSeconds = try values.decodeIfPresent(Int.self, forKey: .sessionSeconds) ?? sessionSeconds
    sealProfiles = try values.decodeIfPresent(Bool.self, forKey: .sealProfiles) ?? sealProfiles
    smds = try values.decodeIfPresent([DiscoveryServer].self, forKey: .smds) ?? smds
    clientCertificate = try values.decodeIfPresent(String.self, forKey: .clientCertificate)
    store = try values.decodeIfPresent(String.self, forKey: .store)
  }

  /// Writes the configuration as YAML.
  func write(to file: String) throws { try ConfigurationFile.write(self, to: file) }

  /// Refuses values with which no server could run.
  func check() throws {
    guard FQDN(address) != nil else {
      throw Complaint(
        .configuration, "The address \"\(address)\" is no host name.",
        remedy: "It is a name like smdp.example.com, or localhost:8443 with a port.")
    }
    guard (1...86_400).contains(sessionSeconds) else {
      throw Complaint(.configuration, "sessionSeconds is \(sessionSeconds); from 1 to 86400 are possible.")
    }
  }

  /// The configuration of `file`; the usual one where there is no file.
  static func read(_ file: String) throws -> ServerConfiguration {
    guard FileManager.default.fileExists(atPath: file) else { return ServerConfiguration() }
    return try ConfigurationFile.read(
      file,
      keys: [
        "": CodingKeys.allCases.map(\.rawValue), "listeners": Listener.CodingKeys.allCases.map(\.rawValue),
        "operators": Operator.CodingKeys.allCases.map(\.rawValue),
        "smds": DiscoveryServer.CodingKeys.allCases.map(\.rawValue),
      ], explained: "docs/smdp-plus.md")
  }
}
