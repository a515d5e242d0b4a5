import Foundation

/// What an operator's back office is told in `operator.yaml`; every key may be left out.
struct OperatorConfiguration: Decodable {
  /// The functionRequesterIdentifier by which the SM-DP+ knows the operator.
  var identifier = LabNames.operatorName
  /// The client certificate for ES2+, as `simurgh ca show` names it.
  var certificate = "operator/\(LabNames.operatorName)"
  /// The SM-DP+s that orders go to: in the file one, or a list of them.
  var smdpPlus = [Server()]
  /// Where the SM-DP+ tells how downloads go.
  var callback = Callback()
  /// The credit service; without one the local rules decide.
  var credit: Credit?
  /// Where devices ask about profiles that move; without it none does.
  var moves: Moves?
  /// The database that keeps customers, orders and the authentication centre's subscribers, in place of the site's file.
  var store: String?

  enum CodingKeys: String, CodingKey, CaseIterable {
    case identifier, certificate, smdpPlus, callback, credit, moves, store
  }

  /// An SM-DP+.
  struct Server: Decodable {
    enum CodingKeys: String, CodingKey, CaseIterable { case name, profileTypes, es2plus, address, certificates }

    /// What it is called here.
    var name = "smdp-plus"
    /// The profile types that it has; left out, all that no other SM-DP+ has.
    var profileTypes: [String]?
    /// Its ES2+ interface: host and port.
    var es2plus = "localhost:8444"
    /// Its address in activation codes, where it names none itself.
    var address = LabNames.smdpAddress
    /// The client certificates that it may show when it calls, as `simurgh ca show` names them.
    var certificates = ["DPtls/smdp-plus"]

    init() {}

    init(from decoder: any Decoder) throws {
      let values = try decoder.container(keyedBy: CodingKeys.self)
      name = try values.decodeIfPresent(String.self, forKey: .name) ?? name
      profileTypes = try values.decodeIfPresent([String].self, forKey: .profileTypes)
      es2plus = try values.decodeIfPresent(String.self, forKey: .es2plus) ?? es2plus
      address = try values.decodeIfPresent(String.self, forKey: .address) ?? address
      certificates = try values.decodeIfPresent([String].self, forKey: .certificates) ?? certificates
    }
  }

  /// A listener.
  struct Callback: Decodable {
    enum CodingKeys: String, CodingKey, CaseIterable { case host, port, certificate }

    var host = "127.0.0.1"
    var port = LabNames.operatorCallbackPort
    /// The TLS certificate, as `simurgh ca show` names it.
    var certificate = "DPtls/smdp-plus"

    init() {}

    init(from decoder: any Decoder) throws {
      let values = try decoder.container(keyedBy: CodingKeys.self)
      host = try values.decodeIfPresent(String.self, forKey: .host) ?? host
      port = try values.decodeIfPresent(Port.self, forKey: .port)?.number ?? port
      certificate = try values.decodeIfPresent(String.self, forKey: .certificate) ?? certificate
    }
  }

  /// How profiles move to other devices.
  struct Moves: Decodable {
    enum CodingKeys: String, CodingKey, CaseIterable { case host, port, certificate, messages }

    var host = "127.0.0.1"
    var port = LabNames.movesPort
    /// The TLS certificate, as `simurgh ca show` names it.
    var certificate = "DPtls/smdp-plus"
    /// The folder into which messages to subscribers go, a file each; in the site's directory unless it begins with "/".
    var messages = "messages"

    init(from decoder: any Decoder) throws {
      let values = try decoder.container(keyedBy: CodingKeys.self)
      host = try values.decodeIfPresent(String.self, forKey: .host) ?? host
      port = try values.decodeIfPresent(Port.self, forKey: .port)?.number ?? port
      certificate = try values.decodeIfPresent(String.self, forKey: .certificate) ?? certificate
      messages = try values.decodeIfPresent(String.self, forKey: .messages) ?? messages
    }
  }

  /// A credit service.
  struct Credit: Decodable {
    enum CodingKeys: String, CodingKey, CaseIterable { case host, path, seconds }

    /// Host and port.
    var host: String
    var path: String
    /// How long an answer is waited for, in seconds.
    var seconds: Int?
  }

  init() {}

  init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    identifier = try values.decodeIfPresent(String.self, forKey: .identifier) ?? identifier
    certificate = try values.decodeIfPresent(String.self, forKey: .certificate) ?? certificate
    if values.contains(.smdpPlus) {
      // A list, or the one that is there.
      if var list = try? values.nestedUnkeyedContainer(forKey: .smdpPlus) {
        smdpPlus = []
        while !list.isAtEnd { smdpPlus.append(try list.decode(Server.self)) }
      } else {
        smdpPlus = [try values.decode(Server.self, forKey: .smdpPlus)]
      }
    }
    callback = try values.decodeIfPresent(Callback.self, forKey: .callback) ?? callback
    credit = try values.decodeIfPresent(Credit.self, forKey: .credit)
    moves = try values.decodeIfPresent(Moves.self, forKey: .moves)
    store = try values.decodeIfPresent(String.self, forKey: .store)
  }

  /// Each SM-DP+ has a name and profile types of its own, and one at most takes the others.
  private static func fault(of servers: [Server]) -> String? {
    if servers.isEmpty { return "smdpPlus names no SM-DP+" }
    if Set(servers.map(\.name)).count < servers.count { return "two SM-DP+ have the same name" }
    let types = servers.flatMap { $0.profileTypes ?? [] }
    if Set(types).count < types.count { return "two SM-DP+ have the same profile type" }
    if servers.filter({ $0.profileTypes == nil }).count > 1 {
      return "two SM-DP+ have no profileTypes, so that nobody knows which of them gets an order"
    }
    return nil
  }

  /// The configuration of `file`; the usual one where there is no file.
  static func read(_ file: String) throws -> OperatorConfiguration {
    guard FileManager.default.fileExists(atPath: file) else { return OperatorConfiguration() }
    let read: OperatorConfiguration = try ConfigurationFile.read(
      file,
      keys: [
        "": CodingKeys.allCases.map(\.rawValue), "smdpPlus": Server.CodingKeys.allCases.map(\.rawValue),
        "callback": Callback.CodingKeys.allCases.map(\.rawValue), "credit": Credit.CodingKeys.allCases.map(\.rawValue),
        "moves": Moves.CodingKeys.allCases.map(\.rawValue),
      ], explained: "docs/operator.md")
    if let fault = Self.fault(of: read.smdpPlus) {
      throw Complaint(.configuration, "\(file): \(fault).", remedy: "See docs/operator.md for its keys.")
    }
    return read
  }
}
