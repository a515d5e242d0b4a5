import Identifiers
import SecureMessages
import TLV

/// What the donor's policy control function says to a ``ChangeRequest``: the transfer of rights, or why there is none.
public struct ChangeAnswer: LastingBody, Hashable {
  // ChangeAnswer ::= SEQUENCE { change [0] UTF8String, eid [1] OCTET STRING, iccid [2] OCTET STRING,
  //   CHOICE { allowed [3] NULL, lockedUntil [4] INTEGER, consentWanted [5] NULL, refused [6] UTF8String } }
  public static let messageType = "E.ChangeAnswer"

  /// The donor's word.
  public enum Decision: Hashable, Sendable {
    /// The rights go to the receiving operator, as long as the answer holds.
    case allowed
    /// The contract runs until then.
    case lockedUntil(Instant)
    /// The subscriber has to agree first; the same request again asks whether that happened.
    case consentWanted
    case refused(String)
  }

  /// Which request is answered: its name, eUICC and profile.
  public let change: String
  public let eid: EID
  public let iccid: ICCID
  /// The donor's word.
  public let decision: Decision

  /// The answer to `request`.
  public init(_ decision: Decision, to request: ChangeRequest) {
    (change, eid, iccid, self.decision) = (request.change, request.eid, request.iccid, decision)
  }

  /// Whether it is about that request.
  public func answers(_ request: ChangeRequest) -> Bool {
    change == request.change && eid == request.eid && iccid == request.iccid
  }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    change = try reader.readName(0x80)
    (eid, iccid) = (try reader.read(0x81), try reader.read(0x82))
    if try reader.elementIfPresent(0x83) != nil {
      decision = .allowed
    } else if let seconds = try reader.readIfPresent(0x84, as: Int.self) {
      let until = Instant(seconds: Int64(seconds))
      guard Term.times.contains(until) else { throw .invalid(0x84, "there is no such time") }
      decision = .lockedUntil(until)
    } else if try reader.elementIfPresent(0x85) != nil {
      decision = .consentWanted
    } else {
      let reason: String = try reader.read(0x86)
      guard reason.utf8.count <= 500 else { throw .invalid(0x86, "500 characters are enough") }
      decision = .refused(reason)
    }
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x80, change)
    writer.write(0x81, eid)
    writer.write(0x82, iccid)
    switch decision {
    case .allowed: writer.write(0x83, bytes: [UInt8]())
    case .lockedUntil(let until): writer.write(0x84, Int(until.seconds))
    case .consentWanted: writer.write(0x85, bytes: [UInt8]())
    case .refused(let reason): writer.write(0x86, reason)
    }
  }
}
