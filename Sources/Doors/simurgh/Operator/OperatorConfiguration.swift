import Foundation
import Yams

/// What an operator's back office is told in `operator.yaml`; every key may be left out.
struct OperatorConfiguration: Codable {
  /// The functionRequesterIdentifier by which the SM-DP+ knows the operator.
  var identifier = LabNames.operatorName
  /// The client certificate for ES2+, as `simurgh ca show` names it.
  var certificate = "operator/\(LabNames.operatorName)"
  /// The SM-DP+ that orders go to.
  var smdpPlus = Server()
  /// Where the SM-DP+ tells how downloads go.
  var callback = Callback()
  /// The credit service; without one the local rules decide.
  var credit: Credit?
  /// The database that keeps customers, orders and the authentication centre's subscribers, in place of the site's file.
  var store: String?

  /// An SM-DP+.
  struct Server: Codable {
    /// Its ES2+ interface: host and port.
    var es2plus = "localhost:8444"
    /// Its address in activation codes, where it names none itself.
    var address = LabNames.smdpAddress
    /// The client certificates that it may show when it calls, as `simurgh ca show` names them.
    var certificates = ["DPtls/smdp-plus"]

    init() {}

    init(from decoder: any Decoder) throws {
      let values = try decoder.container(keyedBy: CodingKeys.self)
      es2plus = try values.decodeIfPresent(String.self, forKey: .es2plus) ?? es2plus
      address = try values.decodeIfPresent(String.self, forKey: .address) ?? address
      certificates = try values.decodeIfPresent([String].self, forKey: .certificates) ?? certificates
    }
  }

  /// A listener.
  struct Callback: Codable {
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

  /// A credit service.
  struct Credit: Codable {
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
    smdpPlus = try values.decodeIfPresent(Server.self, forKey: .smdpPlus) ?? smdpPlus
    callback = try values.decodeIfPresent(Callback.self, forKey: .callback) ?? callback
    credit = try values.decodeIfPresent(Credit.self, forKey: .credit)
    store = try values.decodeIfPresent(String.self, forKey: .store)
  }

  /// The configuration of `file`; the usual one where there is no file.
  static func read(_ file: String) throws -> OperatorConfiguration {
    guard FileManager.default.fileExists(atPath: file) else { return OperatorConfiguration() }
    do {
      return try YAMLDecoder().decode(OperatorConfiguration.self, from: String(contentsOfFile: file, encoding: .utf8))
    } catch {
      throw Complaint(.configuration, "\(file) cannot be used: \(error)", remedy: "See docs/operator.md for its keys.")
    }
  }
}
