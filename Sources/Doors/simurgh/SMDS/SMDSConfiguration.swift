import Foundation
import SGP22

/// What an SM-DS is told in `sm-ds.yaml`; every key may be left out.
struct SMDSConfiguration: Codable {
  /// The address that devices and SM-DP+ know; with a port where it is not 443.
  var address = LabNames.smdsAddress
  /// Where it listens.
  var listeners = [
    Listener(name: "public"), Listener(name: "servers", port: LabNames.smdsRegistrationPort, serves: .es12),
  ]
  /// Days that an event waits.
  var eventDays = 180
  /// The database that keeps the events, in place of the site's file.
  var store: String?

  enum CodingKeys: String, CodingKey, CaseIterable { case address, listeners, eventDays, store }

  /// A listener.
  struct Listener: Codable {
    enum CodingKeys: String, CodingKey, CaseIterable { case name, host, port, serves, certificate }

    enum Interface: String, Codable { case es11, es12 }

    var name: String
    var host = "127.0.0.1"
    var port = 8445
    var serves = Interface.es11
    /// The TLS certificate as `simurgh ca show` names it; "none" serves plain HTTP behind a front proxy.
    var certificate = "DStls/sm-ds"

    init(name: String, port: Int = 8445, serves: Interface = .es11) {
      (self.name, self.port, self.serves) = (name, port, serves)
    }

    init(from decoder: any Decoder) throws {
      let values = try decoder.container(keyedBy: CodingKeys.self)
      name = try values.decodeIfPresent(String.self, forKey: .name) ?? "listener"
      host = try values.decodeIfPresent(String.self, forKey: .host) ?? host
      port = try values.decodeIfPresent(Port.self, forKey: .port)?.number ?? port
      serves = try values.decodeIfPresent(Interface.self, forKey: .serves) ?? serves
      certificate = try values.decodeIfPresent(String.self, forKey: .certificate) ?? certificate
    }
  }

  init() {}

  /// Refuses values with which no server could run.
  func check() throws {
    guard FQDN(address) != nil else {
      throw Complaint(
        .configuration, "The address \"\(address)\" is no host name.",
        remedy: "It is a name like smds.example.com, or localhost:8445 with a port.")
    }
    guard (1...3650).contains(eventDays) else {
      throw Complaint(.configuration, "eventDays is \(eventDays); from 1 to 3650 are possible.")
    }
  }

  init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    address = try values.decodeIfPresent(String.self, forKey: .address) ?? address
    listeners = try values.decodeIfPresent([Listener].self, forKey: .listeners) ?? listeners
    eventDays = try values.decodeIfPresent(Int.self, forKey: .eventDays) ?? eventDays
    store = try values.decodeIfPresent(String.self, forKey: .store)
  }

  /// Writes the configuration as YAML.
  func write(to file: String) throws { try ConfigurationFile.write(self, to: file) }

  /// The configuration of `file`; the usual one where there is no file.
  static func read(_ file: String) throws -> SMDSConfiguration {
    guard FileManager.default.fileExists(atPath: file) else { return SMDSConfiguration() }
    return try ConfigurationFile.read(
      file,
      keys: [
        "": CodingKeys.allCases.map(\.rawValue), "listeners": Listener.CodingKeys.allCases.map(\.rawValue),
      ], explained: "docs/sm-ds.md")
  }
}
