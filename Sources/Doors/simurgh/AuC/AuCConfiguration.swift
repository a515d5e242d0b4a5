import AuC
import Bytes
import CircleFiles
import Foundation
import Keys

/// What an authentication centre is told in `auc.yaml`; every key may be left out.
struct AuCConfiguration: Codable {
  /// The Unix datagram socket for hostapd; none if it is left out.
  var eapSocket: String?
  /// The HLR from which the socket's vectors come over GSUP; ours if it is left out.
  var eapHLR: Place?
  /// Where GSUP is served; nowhere if it is left out. GSUP has neither encryption nor authentication.
  var gsup: Place?
  /// Where HTTPS is served.
  var https: [Listener] = []
  /// Who may use HTTPS.
  var clients: [Client] = []
  /// The database that keeps the subscribers, in place of the site's file.
  var store: String?

  enum CodingKeys: String, CodingKey, CaseIterable { case eapSocket, eapHLR, gsup, https, clients, store }

  /// A host and a port.
  struct Place: Codable {
    enum CodingKeys: String, CodingKey, CaseIterable { case host, port }

    var host = "127.0.0.1"
    var port = 4222

    init(port: Int) { self.port = port }

    init(from decoder: any Decoder) throws {
      let values = try decoder.container(keyedBy: CodingKeys.self)
      host = try values.decodeIfPresent(String.self, forKey: .host) ?? host
      port = try values.decodeIfPresent(Port.self, forKey: .port)?.number ?? port
    }
  }

  /// A listener of the HTTPS interface.
  struct Listener: Codable {
    enum CodingKeys: String, CodingKey, CaseIterable { case host, port, certificate, clients }

    /// What its clients prove themselves with.
    enum Clients: String, Codable { case tokens, certificates }

    var host = "127.0.0.1"
    var port = 8445
    /// The TLS certificate as `simurgh ca show` names it.
    var certificate = "DPtls/smdp-plus"
    var clients = Clients.tokens

    init(port: Int) { self.port = port }

    init(from decoder: any Decoder) throws {
      let values = try decoder.container(keyedBy: CodingKeys.self)
      host = try values.decodeIfPresent(String.self, forKey: .host) ?? host
      port = try values.decodeIfPresent(Port.self, forKey: .port)?.number ?? port
      certificate = try values.decodeIfPresent(String.self, forKey: .certificate) ?? certificate
      clients = try values.decodeIfPresent(Clients.self, forKey: .clients) ?? clients
    }
  }

  /// A client of the HTTPS interface.
  struct Client: Codable {
    enum CodingKeys: String, CodingKey, CaseIterable { case name, rights, tokenSHA256, certificate }

    var name: String
    /// "authenticate", "administer".
    var rights: [String]
    /// SHA-256 of its token in hexadecimal: printf %s TOKEN | sha256sum
    var tokenSHA256: String?
    /// Its certificate, as `simurgh ca show` names it.
    var certificate: String?
  }

  init() {}

  init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    eapSocket = try values.decodeIfPresent(String.self, forKey: .eapSocket)
    eapHLR = try values.decodeIfPresent(Place.self, forKey: .eapHLR)
    gsup = try values.decodeIfPresent(Place.self, forKey: .gsup)
    https = try values.decodeIfPresent([Listener].self, forKey: .https) ?? []
    clients = try values.decodeIfPresent([Client].self, forKey: .clients) ?? []
    store = try values.decodeIfPresent(String.self, forKey: .store)
  }

  /// The configuration of `file`; nothing where there is no file.
  static func read(_ file: String) throws -> AuCConfiguration {
    guard FileManager.default.fileExists(atPath: file) else { return AuCConfiguration() }
    return try ConfigurationFile.read(
      file,
      keys: [
        "": CodingKeys.allCases.map(\.rawValue), "eapHLR": Place.CodingKeys.allCases.map(\.rawValue),
        "gsup": Place.CodingKeys.allCases.map(\.rawValue), "https": Listener.CodingKeys.allCases.map(\.rawValue),
        "clients": Client.CodingKeys.allCases.map(\.rawValue),
      ], explained: "docs/auc.md")
  }

  /// The clients as the HTTP route knows them.
  func httpClients(_ site: Site) throws -> [AuC.HTTPClient] {
    try clients.map { client in
      let rights = try client.rights.map { text in
        guard let right = AuC.HTTPClient.Right(rawValue: text) else {
          throw Complaint(.configuration, "\(text) is no right: authenticate and administer are.")
        }
        return right
      }
      let proof: AuC.HTTPClient.Proof
      switch (client.tokenSHA256, client.certificate) {
      case (let digest?, nil):
        let bytes = try [UInt8](hex: digest)
        guard bytes.count == 32 else { throw Complaint(.configuration, "SHA-256 has 32 bytes: client \(client.name)") }
        proof = .token(sha256: bytes)
      case (nil, let name?):
        proof = .certificate(sha256: sha256(try site.existingCircle().entry(name).certificate.encoded))
      default:
        throw Complaint(.configuration, "Client \(client.name) needs one of tokenSHA256 and certificate.")
      }
      return AuC.HTTPClient(name: client.name, rights: Set(rights), proof: proof)
    }
  }
}
