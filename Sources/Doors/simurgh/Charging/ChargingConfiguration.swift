import Foundation

/// What a charging centre is told in `charging.yaml`; every key may be left out.
struct ChargingConfiguration: Codable {
  /// Where it listens.
  var listeners = [Listener()]
  /// The database that keeps what was used, in place of the site's file.
  var store: String?

  enum CodingKeys: String, CodingKey, CaseIterable { case listeners, store }

  /// A listener.
  struct Listener: Codable {
    enum CodingKeys: String, CodingKey, CaseIterable { case name, host, port, serves, certificate }

    /// Uploads and news, by the centre's key; or keys for new terminals, by the issuer's.
    enum Interface: String, Codable, CaseIterable { case usage, installation }

    var name = "terminals"
    var host = "127.0.0.1"
    var port = LabNames.chargingPort
    var serves = Interface.allCases
    /// The TLS certificate as `simurgh ca show` names it; "none" serves plain HTTP behind a front proxy.
    var certificate = "DPtls/charging"

    init() {}

    init(from decoder: any Decoder) throws {
      let values = try decoder.container(keyedBy: CodingKeys.self)
      name = try values.decodeIfPresent(String.self, forKey: .name) ?? name
      host = try values.decodeIfPresent(String.self, forKey: .host) ?? host
      port = try values.decodeIfPresent(Port.self, forKey: .port)?.number ?? port
      serves = try values.decodeIfPresent([Interface].self, forKey: .serves) ?? serves
      certificate = try values.decodeIfPresent(String.self, forKey: .certificate) ?? certificate
    }
  }

  init() {}

  init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    listeners = try values.decodeIfPresent([Listener].self, forKey: .listeners) ?? listeners
    store = try values.decodeIfPresent(String.self, forKey: .store)
  }

  /// The configuration of `file`; the usual one where there is no file.
  static func read(_ file: String) throws -> ChargingConfiguration {
    guard FileManager.default.fileExists(atPath: file) else { return ChargingConfiguration() }
    return try ConfigurationFile.read(
      file,
      keys: [
        "": CodingKeys.allCases.map(\.rawValue), "listeners": Listener.CodingKeys.allCases.map(\.rawValue),
      ], explained: "docs/payment-card.md")
  }
}
