import Identifiers
import ProfileInterpreter
import SGP02
import SecureElement

/// What stands on a managed eUICC, read from its memory while the card notices nothing: for simulations, and for people
/// who have the memory and no reader.
public struct CardContents: Sendable, Equatable {
  /// The ISD-Ps in the order of their numbers.
  public let isdps: [EUICCReport.ISDP]
  /// The versions of the ISD-R's key sets.
  public let keyVersions: [UInt8]
  /// What the SM-SR has not confirmed: what happened, and the notification's number.
  public let pending: EUICCNotification.Event?
  /// The EID; nil where the memory holds no managed eUICC.
  public let eid: EID?
  /// What everybody may read of it.
  public let report: EUICCReport?

  /// What `memory` holds.
  public init(of memory: any CardMemory) { self.init(CardRecords(MemoryTransaction(over: memory))) }

  init(_ records: CardRecords) {
    isdps = records.isdps.compactMap { isdp in
      isdp.aid.map {
        EUICCReport.ISDP(
          aid: $0, state: isdp.state, hasFallbackAttribute: isdp.hasFallbackAttribute, iccid: isdp.iccid)
      }
    }
    keyVersions = records.keySets.map(\.version)
    pending = records.pending?.event
    report = (try? records.constants())?.report
    eid = report?.eid
  }

  func status(freeMemory: Int) -> EUICCReport.Status {
    let services = Interpreter.services.map { "\($0)" }.sorted().joined(separator: " ")
    return EUICCReport.Status(freeMemory: freeMemory, services: services, isdps: isdps)
  }
}
