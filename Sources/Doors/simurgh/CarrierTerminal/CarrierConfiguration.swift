import Foundation

/// What a carrier's terminal is told in `carrier-terminal.yaml`; every key may be left out.
struct CarrierConfiguration: Decodable {
  var host = "127.0.0.1"
  var port = LabNames.carrierTerminalPort
  /// The TLS certificate, as `simurgh ca show` names it.
  var certificate = "DPtls/smdp-plus"
  /// The fixed pattern of the carrier's IDs, 8 characters.
  var pattern = "SIMURGH1"
  /// The pool that telephone numbers come from.
  var pool = "handsets"
  /// How many registrations a dealer may begin in an hour.
  var startsPerHour = 100
  /// Seconds that a registration may take until the ID is on its way.
  var courseSeconds = 900
  /// Days that a module's receipt is waited for.
  var receiptDays = 30
  /// The credit company; without one a laboratory's rule decides.
  var credit: OperatorConfiguration.Credit?
  /// The database that keeps customers, registrations and the authentication centre's subscribers, in place of the
  /// site's file.
  var store: String?

  enum CodingKeys: String, CodingKey, CaseIterable {
    case host, port, certificate, pattern, pool, startsPerHour, courseSeconds, receiptDays, credit, store
  }

  init() {}

  init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    host = try values.decodeIfPresent(String.self, forKey: .host) ?? host
    port = try values.decodeIfPresent(Port.self, forKey: .port)?.number ?? port
    certificate = try values.decodeIfPresent(String.self, forKey: .certificate) ?? certificate
    pattern = try values.decodeIfPresent(String.self, forKey: .pattern) ?? pattern
    pool = try values.decodeIfPresent(String.self, forKey: .pool) ?? pool
    startsPerHour = try values.decodeIfPresent(Int.self, forKey: .startsPerHour) ?? startsPerHour
    courseSeconds = try values.decodeIfPresent(Int.self, forKey: .courseSeconds) ?? courseSeconds
    receiptDays = try values.decodeIfPresent(Int.self, forKey: .receiptDays) ?? receiptDays
    credit = try values.decodeIfPresent(OperatorConfiguration.Credit.self, forKey: .credit)
    store = try values.decodeIfPresent(String.self, forKey: .store)
  }

  /// The configuration of `file`; the usual one where there is no file.
  static func read(_ file: String) throws -> CarrierConfiguration {
    guard FileManager.default.fileExists(atPath: file) else { return CarrierConfiguration() }
    let read: CarrierConfiguration = try ConfigurationFile.read(
      file,
      keys: [
        "": CodingKeys.allCases.map(\.rawValue),
        "credit": OperatorConfiguration.Credit.CodingKeys.allCases.map(\.rawValue),
      ], explained: "docs/carrier-terminal.md")
    if let fault = read.fault {
      throw Complaint(.configuration, "\(file): \(fault).", remedy: "See docs/carrier-terminal.md for its keys.")
    }
    return read
  }

  /// What no server could run with.
  private var fault: String? {
    if pattern.utf8.count != 8 { return "pattern has \(pattern.utf8.count) bytes, and 8 are wanted" }
    for (name, value, most) in [
      ("startsPerHour", startsPerHour, 1_000_000), ("courseSeconds", courseSeconds, 86_400),
      ("receiptDays", receiptDays, 3650),
    ] where !(1...most).contains(value) { return "\(name) is \(value); from 1 to \(most) are possible" }
    return nil
  }
}

extension Site {
  /// The carrier's terminal's configuration, if there is one.
  var carrierConfigurationFile: String { "\(directory)/carrier-terminal.yaml" }
}
