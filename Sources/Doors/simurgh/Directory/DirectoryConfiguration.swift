import AddressDirectory
import Foundation
import Identifiers
import TLV

/// What a directory of addresses is told in `directory.yaml`; every key may be left out.
struct DirectoryConfiguration: Decodable {
  /// Where it listens.
  var listener = MutualListener(port: LabNames.directoryPort, certificate: LabNames.directoryCertificate)
  /// Seconds that an answer holds.
  var answerSeconds = 86_400
  /// Who may be an operator's provider, by object identifier.
  var providers: [Provider] = []
  /// The database that keeps the addresses, in place of the site's file.
  var store: String?

  enum CodingKeys: String, CodingKey, CaseIterable {
    case host, port, certificate, answerSeconds, providers, store
  }

  /// The providers of one operator.
  struct Provider: Decodable {
    enum CodingKeys: String, CodingKey, CaseIterable { case network, oids }

    /// The operator's network: country code and network code.
    let network: String
    /// Its SM-DPs.
    let oids: [String]
  }

  init() {}

  init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    listener.host = try values.decodeIfPresent(String.self, forKey: .host) ?? listener.host
    listener.port = try values.decodeIfPresent(Port.self, forKey: .port)?.number ?? listener.port
    listener.certificate = try values.decodeIfPresent(String.self, forKey: .certificate) ?? listener.certificate
    answerSeconds = try values.decodeIfPresent(Int.self, forKey: .answerSeconds) ?? answerSeconds
    providers = try values.decodeIfPresent([Provider].self, forKey: .providers) ?? providers
    store = try values.decodeIfPresent(String.self, forKey: .store)
  }

  /// The settings; values with which no directory could run are refused.
  func settings() throws -> AddressDirectory.Desk.Settings {
    guard (60...31_536_000).contains(answerSeconds) else {
      throw Complaint(.configuration, "answerSeconds is \(answerSeconds); from 60 to 31536000 are possible.")
    }
    var settings = AddressDirectory.Desk.Settings()
    settings.answerLifetime = .seconds(Int64(answerSeconds))
    for provider in providers {
      let network: PLMN
      do { network = try PLMN(provider.network) } catch {
        throw Complaint(.configuration, "providers: \"\(provider.network)\" is no network: \(error)")
      }
      settings.providers[network] = try Set(
        provider.oids.map { try KnownServer(oid: $0, host: "localhost").identifier() })
    }
    return settings
  }

  /// The configuration of `file`; the usual one where there is no file.
  static func read(_ file: String) throws -> DirectoryConfiguration {
    guard FileManager.default.fileExists(atPath: file) else { return DirectoryConfiguration() }
    return try ConfigurationFile.read(
      file,
      keys: [
        "": CodingKeys.allCases.map(\.rawValue), "providers": Provider.CodingKeys.allCases.map(\.rawValue),
      ], explained: "docs/remote-provisioning.md")
  }
}

extension Site {
  /// The directory's configuration, if there is one.
  var directoryConfigurationFile: String { "\(directory)/directory.yaml" }
}
