import Bytes
import GSUP
import Identifiers
import Keys
import Transport

/// An osmo-hlr whose keys change in two phases, over its CTRL interface.
///
/// osmo-hlr knows no prepared keys: our desk keeps them, wrapped, and is the ledger of what was committed. A commit sets
/// the keys there, reads them back, and only then is noted here; cut off anywhere, it is repeated. osmo-hlr begins its
/// sequence numbers at 0 whenever keys are set, so keys that are there already are not set again; where a card is
/// further nevertheless, its AUTS brings osmo-hlr after it (TS 33.102 §6.3.5).
public struct OsmoHLR: KeyAuthority {
  /// Why osmo-hlr cannot do it.
  public enum Refusal: Error, Hashable, Sendable, CustomStringConvertible {
    /// osmo-hlr's own words.
    case refused(String)
    /// What osmo-hlr knows is Milenage with its usual constants, and AMF is its own matter.
    case milenageOnly(IMSI)
    /// After they were set, osmo-hlr has other keys: somebody else sets them too.
    case notTaken(IMSI)

    public var description: String {
      switch self {
      case .refused(let reason): "osmo-hlr refuses: \(reason)"
      case .milenageOnly(let imsi): "osmo-hlr takes Milenage with its usual constants alone: IMSI \(imsi)"
      case .notTaken(let imsi): "osmo-hlr has other keys for IMSI \(imsi) than were set"
      }
    }
  }

  private let ledger: Desk
  private let link: any ControlLink

  /// The osmo-hlr behind a control link, with the desk that keeps its prepared keys.
  public init(ledger: Desk, link: any ControlLink) { (self.ledger, self.link) = (ledger, link) }

  public func prepare(
    _ subscriber: Subscriber, as change: ChangeID, now: Instant, random: any RandomSource
  ) throws {
    _ = try setting(of: subscriber.credentials, indexBits: subscriber.indexBits, imsi: subscriber.imsi)
    try ledger.prepare(subscriber, as: change, now: now, random: random)
  }

  public func abandon(_ change: ChangeID, of imsi: IMSI, now: Instant, random: any RandomSource) throws {
    try ledger.abandon(change, of: imsi, now: now, random: random)
  }

  public func commit(_ change: ChangeID, of imsi: IMSI, now: Instant, random: any RandomSource) throws {
    let record = try ledger.record(of: change, imsi)
    guard record.state != .retired else { throw AuCError.changeSuperseded(imsi, change) }
    let credentials = try record.credentials(ledger.vault)
    let wanted = try setting(of: credentials, indexBits: record.counter.indexBits, imsi: imsi)
    try create(imsi)
    let variable = "subscriber.by-imsi-\(imsi).aud3g"
    if try !isTaken(wanted, link.get(variable)) {
      do { try link.set(variable, wanted) } catch let error as ControlRefusal {
        throw Refusal.refused(error.reason)
      }
      guard try isTaken(wanted, link.get(variable)) else { throw Refusal.notTaken(imsi) }
    }
    try ledger.commit(change, of: imsi, now: now, random: random)
  }

  /// A subscriber that is there already is not created again.
  private func create(_ imsi: IMSI) throws {
    do { _ = try link.get("subscriber.by-imsi-\(imsi).info") } catch is ControlRefusal {
      do { try link.set("subscriber.create", imsi.digits) } catch let error as ControlRefusal {
        throw Refusal.refused(error.reason)
      }
    }
  }

  /// Its words for keys: algorithm, K, OPC, OPc, bits of IND.
  private func setting(of credentials: Credentials, indexBits: Int, imsi: IMSI) throws(Refusal) -> String {
    guard case .milenage(let opc, .standard) = credentials.algorithm else { throw .milenageOnly(imsi) }
    return "MILENAGE,\(credentials.k.bytes.hex),OPC,\(opc.bytes.hex),\(indexBits)".lowercased()
  }

  private func isTaken(_ wanted: String, _ answer: String) -> Bool {
    equalInConstantTime(Array(wanted.utf8), Array(answer.lowercased().utf8))
  }
}

extension Desk {
  /// The keys that a change brought, or will bring.
  func record(of change: ChangeID, _ imsi: IMSI) throws -> SubscriberTable.Record {
    let records = try store.read { try SubscriberTable.records(of: imsi, in: $0) }
    guard let record = records.first(where: { $0.change == change.text }) else {
      throw AuCError.unknownChange(imsi, change)
    }
    return record
  }
}
