import ConnectivityManagement
import Foundation
import SGP22

/// What an operator's connectivity management is told in `mno.yaml`; every key may be left out. Its records are where
/// `operator.yaml` has the operator's.
struct MNOConfiguration: Decodable {
  /// The operator's name at SM-SR, SM-DP and other operators.
  var name = LabNames.mnoName
  /// The certificate that it shows and signs with, as `simurgh ca show` names it.
  var certificate: String { clientCertificate ?? "operator/\(name)" }
  private var clientCertificate: String?
  /// The SM-SRs; the first is the usual one.
  var managers = [Manager()]
  /// The SM-DP.
  var smdp = Provider()
  /// What an eUICC must be able to do.
  var rules = Rules()
  /// Other operators, with which there is a contract about changes of operator.
  var peers: [Peer] = []
  /// Seconds, at most, until an SM-SR, an SM-DP or another operator is asked again.
  var askSeconds = 60
  /// Where they call.
  var listener = MutualListener(port: LabNames.changesPort, certificate: LabNames.changesCertificate)

  enum CodingKeys: String, CodingKey, CaseIterable {
    case name, certificate, managers, smdp, rules, peers, askSeconds, listener
  }

  /// An SM-SR.
  struct Manager: Decodable {
    enum CodingKeys: String, CodingKey, CaseIterable { case oid, host }

    var oid = LabNames.smsrOid
    var host = LabNames.smsrAddress

    init() {}

    init(from decoder: any Decoder) throws {
      let values = try decoder.container(keyedBy: CodingKeys.self)
      oid = try values.decodeIfPresent(String.self, forKey: .oid) ?? oid
      host = try values.decodeIfPresent(String.self, forKey: .host) ?? host
    }
  }

  /// An SM-DP.
  struct Provider: Decodable {
    enum CodingKeys: String, CodingKey, CaseIterable { case host, name }

    var host = LabNames.smdpHost
    /// Its name at the SM-SR.
    var name = LabNames.smdpName

    init() {}

    init(from decoder: any Decoder) throws {
      let values = try decoder.container(keyedBy: CodingKeys.self)
      host = try values.decodeIfPresent(String.self, forKey: .host) ?? host
      name = try values.decodeIfPresent(String.self, forKey: .name) ?? name
    }
  }

  /// Rules for eUICCs.
  struct Rules: Decodable {
    enum CodingKeys: String, CodingKey, CaseIterable { case leastMemory, services, platforms }

    var capability = CapabilityRules()

    init() {}

    init(from decoder: any Decoder) throws {
      let values = try decoder.container(keyedBy: CodingKeys.self)
      capability.leastMemory = try values.decodeIfPresent(Int.self, forKey: .leastMemory) ?? capability.leastMemory
      capability.services = Set(try values.decodeIfPresent([String].self, forKey: .services) ?? [])
      capability.platforms = try values.decodeIfPresent([String].self, forKey: .platforms) ?? []
    }
  }

  /// Another operator.
  struct Peer: Decodable {
    enum CodingKeys: String, CodingKey, CaseIterable { case name, certificate, host }

    let name: String
    /// The certificate that it shows and signs with, as `simurgh ca show` names it.
    let certificate: String
    /// Where it is called.
    let host: String
  }

  init() {}

  init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    name = try values.decodeIfPresent(String.self, forKey: .name) ?? name
    clientCertificate = try values.decodeIfPresent(String.self, forKey: .certificate)
    managers = try values.decodeIfPresent([Manager].self, forKey: .managers) ?? managers
    smdp = try values.decodeIfPresent(Provider.self, forKey: .smdp) ?? smdp
    rules = try values.decodeIfPresent(Rules.self, forKey: .rules) ?? rules
    peers = try values.decodeIfPresent([Peer].self, forKey: .peers) ?? peers
    askSeconds = try values.decodeIfPresent(Int.self, forKey: .askSeconds) ?? askSeconds
    guard values.contains(.listener) else { return }
    let place = try values.nestedContainer(keyedBy: Place.self, forKey: .listener)
    listener.host = try place.decodeIfPresent(String.self, forKey: .host) ?? listener.host
    listener.port = try place.decodeIfPresent(Port.self, forKey: .port)?.number ?? listener.port
    listener.certificate = try place.decodeIfPresent(String.self, forKey: .certificate) ?? listener.certificate
  }

  private enum Place: String, CodingKey, CaseIterable { case host, port, certificate }

  /// Refuses values with which nobody could work.
  func check() throws {
    for place in managers.map(\.host) + [smdp.host] + peers.map(\.host) where FQDN(place) == nil {
      throw Complaint(
        .configuration, "mno.yaml: \"\(place)\" is no host name.",
        remedy: "It is a name like sr.example.com, or localhost:8451 with a port.")
    }
    guard !managers.isEmpty else { throw Complaint(.configuration, "mno.yaml names no SM-SR under managers.") }
    guard (1...86_400).contains(askSeconds) else {
      throw Complaint(.configuration, "mno.yaml: askSeconds is \(askSeconds); from 1 to 86400 are possible.")
    }
    guard (1...64).contains(name.utf8.count) else {
      throw Complaint(.configuration, "mno.yaml: name has from 1 to 64 characters.")
    }
  }

  /// The configuration of `file`; the usual one where there is no file.
  static func read(_ file: String) throws -> MNOConfiguration {
    guard FileManager.default.fileExists(atPath: file) else { return MNOConfiguration() }
    return try ConfigurationFile.read(
      file,
      keys: [
        "": CodingKeys.allCases.map(\.rawValue), "managers": Manager.CodingKeys.allCases.map(\.rawValue),
        "smdp": Provider.CodingKeys.allCases.map(\.rawValue), "rules": Rules.CodingKeys.allCases.map(\.rawValue),
        "peers": Peer.CodingKeys.allCases.map(\.rawValue), "listener": Place.allCases.map(\.rawValue),
      ], explained: "docs/remote-provisioning.md")
  }
}

extension Site {
  /// The configuration of the operator's connectivity management, if there is one.
  var mnoConfigurationFile: String { "\(directory)/mno.yaml" }
}
