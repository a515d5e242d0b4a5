import Identifiers
import OfflineCard
import SecureMessages
import Store

/// In what a card went further without the charging centre than its certificate allows, over all its services and
/// terminals: had, and allowed.
public enum Excess: Sendable, Hashable, CustomStringConvertible {
  case units(Int, Int)
  case services(Int, Int)
  case days(Int, Int)

  public var description: String {
    switch self {
    case .units(let had, let allowed): "\(had) units were not cleared, and its certificate allows \(allowed)"
    case .services(let had, let allowed): "\(had) services were not cleared, and its certificate allows \(allowed)"
    case .days(let had, let allowed): "a service of \(had) days ago was not cleared; its certificate allows \(allowed)"
    }
  }
}

/// What a card had open at each of its services, at the very least: everything that it cannot have had cleared by then,
/// because the centre itself had not heard of it. No card that keeps its limits is ever found.
struct OutstandingUse {
  /// A service as the centre knows it.
  struct Service {
    let number: Int
    let begun: Instant
    let units: Int
    /// When its first record came.
    let heard: Instant
  }

  /// How wrong a terminal's calendar may be; a quarter of a year of silence makes 13 minutes.
  static let doubt: Duration = .seconds(3600)

  private let limits: OfflineLimits
  /// In the order of numbers, which is also that of `clearable`: the instant before which it was cleared for certain not.
  private var services: [(service: Service, clearable: Instant)] = []
  /// How many of them may have been cleared.
  private var first = 0
  /// Wider than any number of amounts can fill.
  private var openUnits: Int128 = 0
  private var missing = 0
  private var last = 0
  private var allHeard = Instant(milliseconds: 0)

  init(_ limits: OfflineLimits) { self.limits = limits }

  /// The next service in the order of numbers; what it is too much in.
  mutating func add(_ service: Service) -> [Excess] {
    missing += service.number - last - 1
    last = service.number
    while first < services.count, services[first].clearable <= service.begun + Self.doubt {
      openUnits -= Int128(services[first].service.units)
      first += 1
    }
    // Nothing is cleared before everything below it was heard of: beyond a number that is missing, nothing ever.
    allHeard = missing > 0 ? Instant(milliseconds: .max) : max(allHeard, service.heard)
    services.append((service, allHeard))
    openUnits += Int128(service.units)

    var found: [Excess] = []
    if openUnits > limits.outstanding.units { found.append(.units(Int(clamping: openUnits), limits.outstanding.units)) }
    let count = services.count - first + missing
    if count > limits.services { found.append(.services(count, limits.services)) }
    let waited = service.begun.milliseconds - services[first].service.begun.milliseconds
    if .milliseconds(waited) - Self.doubt > .seconds(limits.days * 86_400) {
      found.append(.days(Int(waited / 86_400_000), limits.days))
    }
    return found
  }
}

extension Desk {
  static func beyond(in reader: any Reader) throws -> [Finding] {
    var findings: [Finding] = []
    for row in try reader.query("SELECT certificate FROM charged_card ORDER BY card") {
      let certificate = try Signed<CardCertificate>(encoded: row(0, as: [UInt8].self)).claimedBody
      var use = OutstandingUse(certificate.limits)
      let rows = try reader.query(
        "SELECT number, begun, amount, first_heard FROM charged_service WHERE card = $1 ORDER BY number",
        certificate.card.text)
      for row in rows {
        let service = OutstandingUse.Service(
          number: try row(0), begun: try row(1), units: try row(2), heard: try row(3))
        findings += use.add(service).map { .beyond(card: certificate.card, number: service.number, $0) }
      }
    }
    return findings
  }
}
