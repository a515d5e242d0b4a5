import Foundation
import SGP22
import UICC

/// What an SM-SR is told in `sm-sr.yaml`; every key may be left out.
struct SMSRConfiguration: Decodable {
  /// Where operators, SM-DPs and other SM-SRs call it.
  var address = LabNames.smsrAddress
  /// Where it listens.
  var listener = MutualListener(port: LabNames.smsrPort, certificate: LabNames.smsrCertificate)
  /// The number that eUICCs tell it at.
  var number = LabNames.smsrNumber
  /// The gateway of the short message service.
  var gateway = Gateway()
  /// Who registers eUICCs, whose profiles are managed, who downloads them; left out, everybody of the circle.
  var makers, operators, smdps: [KnownCaller]?
  /// The directory of addresses; without one nobody is told.
  var directory: KnownServer?
  /// Other SM-SRs.
  var managers: [KnownServer] = []
  /// Seconds until a packet that was not answered is sent again, at first.
  var resendSeconds = 30
  /// The database that keeps its books, in place of the site's file.
  var store: String?

  enum CodingKeys: String, CodingKey, CaseIterable {
    case address, host, port, certificate, number, gateway, makers, operators, smdps, directory, managers
    case resendSeconds, store
  }

  /// A gateway of the short message service.
  struct Gateway: Decodable {
    enum CodingKeys: String, CodingKey, CaseIterable { case host, requester, name, certificates }

    /// Its host, with a port where it is not 443.
    var host = LabNames.smsCentreAddress
    /// The SM-SR's name there.
    var requester = "sm-sr"
    /// Its name here, and the certificates that it shows.
    var name = LabNames.smsCentre
    var certificates = [LabNames.smsCentreCertificate]

    init() {}

    init(from decoder: any Decoder) throws {
      let values = try decoder.container(keyedBy: CodingKeys.self)
      host = try values.decodeIfPresent(String.self, forKey: .host) ?? host
      requester = try values.decodeIfPresent(String.self, forKey: .requester) ?? requester
      name = try values.decodeIfPresent(String.self, forKey: .name) ?? name
      certificates = try values.decodeIfPresent([String].self, forKey: .certificates) ?? certificates
    }
  }

  init() {}

  init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    listener.host = try values.decodeIfPresent(String.self, forKey: .host) ?? listener.host
    listener.port = try values.decodeIfPresent(Port.self, forKey: .port)?.number ?? listener.port
    listener.certificate = try values.decodeIfPresent(String.self, forKey: .certificate) ?? listener.certificate
    address = try values.decodeIfPresent(String.self, forKey: .address) ?? "localhost:\(listener.port)"
    number = try values.decodeIfPresent(String.self, forKey: .number) ?? number
    gateway = try values.decodeIfPresent(Gateway.self, forKey: .gateway) ?? gateway
    makers = try values.decodeIfPresent([KnownCaller].self, forKey: .makers)
    operators = try values.decodeIfPresent([KnownCaller].self, forKey: .operators)
    smdps = try values.decodeIfPresent([KnownCaller].self, forKey: .smdps)
    directory = try values.decodeIfPresent(KnownServer.self, forKey: .directory)
    managers = try values.decodeIfPresent([KnownServer].self, forKey: .managers) ?? managers
    resendSeconds = try values.decodeIfPresent(Int.self, forKey: .resendSeconds) ?? resendSeconds
    store = try values.decodeIfPresent(String.self, forKey: .store)
  }

  /// Refuses values with which no server could run.
  func check() throws {
    for place in [address, gateway.host] + managers.map(\.host) + [directory?.host].compactMap(\.self) {
      guard FQDN(place) == nil else { continue }
      throw Complaint(
        .configuration, "\"\(place)\" is no host name.", remedy: "It is a name like sr.example.com, or localhost:8451.")
    }
    guard ShortMessageAddress(number) != nil else {
      throw Complaint(
        .configuration, "\"\(number)\" is no telephone number.",
        remedy: "Write it like +491701234567, 20 digits at most.")
    }
    guard (1...3600).contains(resendSeconds) else {
      throw Complaint(.configuration, "resendSeconds is \(resendSeconds); from 1 to 3600 are possible.")
    }
  }

  /// The configuration of `file`; the usual one where there is no file.
  static func read(_ file: String) throws -> SMSRConfiguration {
    guard FileManager.default.fileExists(atPath: file) else { return SMSRConfiguration() }
    let callers = KnownCaller.CodingKeys.allCases.map(\.rawValue)
    let servers = KnownServer.CodingKeys.allCases.map(\.rawValue)
    return try ConfigurationFile.read(
      file,
      keys: [
        "": CodingKeys.allCases.map(\.rawValue), "gateway": Gateway.CodingKeys.allCases.map(\.rawValue),
        "makers": callers, "operators": callers, "smdps": callers, "directory": servers, "managers": servers,
      ], explained: "docs/remote-provisioning.md")
  }
}

extension Site {
  /// The SM-SR's configuration, if there is one.
  var smsrConfigurationFile: String { "\(directory)/sm-sr.yaml" }
}
