import Foundation

/// What an SM-DP is told in `sm-dp.yaml`; every key may be left out.
struct SMDPConfiguration: Decodable {
  /// Where it listens for operators.
  var listener = MutualListener(port: LabNames.smdpPort, certificate: LabNames.smdpCertificate)
  /// Its name at SM-SRs.
  var name = LabNames.smdpName
  /// The operators whose profiles it keeps; left out, every one of the circle.
  var operators: [KnownCaller]?
  /// Seconds, at most, until an eUICC that has not answered yet is asked for again.
  var askSeconds = 15
  /// The database that keeps profiles and downloads, in place of the site's file.
  var store: String?

  enum CodingKeys: String, CodingKey, CaseIterable { case host, port, certificate, name, operators, askSeconds, store }

  init() {}

  init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    listener.host = try values.decodeIfPresent(String.self, forKey: .host) ?? listener.host
    listener.port = try values.decodeIfPresent(Port.self, forKey: .port)?.number ?? listener.port
    listener.certificate = try values.decodeIfPresent(String.self, forKey: .certificate) ?? listener.certificate
    name = try values.decodeIfPresent(String.self, forKey: .name) ?? name
    operators = try values.decodeIfPresent([KnownCaller].self, forKey: .operators)
    askSeconds = try values.decodeIfPresent(Int.self, forKey: .askSeconds) ?? askSeconds
    store = try values.decodeIfPresent(String.self, forKey: .store)
  }

  /// The configuration of `file`; the usual one where there is no file.
  static func read(_ file: String) throws -> SMDPConfiguration {
    guard FileManager.default.fileExists(atPath: file) else { return SMDPConfiguration() }
    return try ConfigurationFile.read(
      file,
      keys: [
        "": CodingKeys.allCases.map(\.rawValue), "operators": KnownCaller.CodingKeys.allCases.map(\.rawValue),
      ], explained: "docs/remote-provisioning.md")
  }
}

extension Site {
  /// The SM-DP's configuration, if there is one.
  var smdpConfigurationFile: String { "\(directory)/sm-dp.yaml" }
}
