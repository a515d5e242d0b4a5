import Bytes
import Identifiers
import TLV

/// What the eUICC tells its SM-SR of its own accord (SGP.02 §4.1.1.11), E1: the default notification.
///
/// ```
/// E1 { 4C EID, 4D what happened, 4E sequence number, 2F ISD-P's AID, 14 IMEI? }
/// ```
public struct EUICCNotification: TLVMessage, TLVSequence, Hashable {
  public static let tag: TLVTag = 0xE1

  /// What happened (4D).
  public enum Event: UInt8, Sendable, CaseIterable {
    /// The eUICC was in a network for the first time.
    case declaration = 0x01
    /// The profile that was to be enabled is enabled and has a network.
    case profileChangeSucceeded = 0x02
    /// It had none, so the one before is enabled again.
    case profileChangeFailed = 0x03
    /// The network was lost for good, so the profile with the fall-back attribute is enabled.
    case fallback = 0x05
  }

  /// Whose eUICC.
  public let eid: EID
  /// What happened.
  public let event: Event
  /// Counts the notifications: 0 to 65,535, and then from 0 again.
  public let sequenceNumber: UInt16
  /// The ISD-P that is enabled now.
  public let isdp: AID
  /// The device's, where it told it: as it came.
  public let imei: [UInt8]?

  /// All fields.
  public init(eid: EID, event: Event, sequenceNumber: UInt16, isdp: AID, imei: [UInt8]? = nil) {
    (self.eid, self.event, self.sequenceNumber, self.isdp, self.imei) = (eid, event, sequenceNumber, isdp, imei)
  }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    eid = try reader.read(0x4C)
    let code: [UInt8] = try reader.read(0x4D)
    guard code.count == 1, let event = Event(rawValue: code[0]) else { throw .invalid(0x4D, "an unknown event") }
    let number: [UInt8] = try reader.read(0x4E)
    guard number.count == 2, let sequenceNumber = UInt16(bigEndian: number) else {
      throw .invalid(0x4E, "a sequence number has two bytes")
    }
    (self.event, self.sequenceNumber) = (event, sequenceNumber)
    isdp = try reader.read(0x2F)
    imei = try reader.readIfPresent(0x14)
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x4C, eid)
    writer.write(0x4D, bytes: [event.rawValue])
    writer.write(0x4E, bytes: sequenceNumber.bigEndianBytes)
    writer.write(0x2F, isdp)
    writer.write(0x14, imei)
  }
}
