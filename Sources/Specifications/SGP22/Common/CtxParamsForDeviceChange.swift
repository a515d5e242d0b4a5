import Identifiers
import TLV

/// What a device says that wants to hand a profile on (SGP.22 v3.1 §5.7.13).
///
/// ```
/// CtxParamsForDeviceChange ::= SEQUENCE {
///   iccid Iccid (5A), deviceInfo [1] DeviceInfo, targetEidValue [APPLICATION 26] Octet16 OPTIONAL,
///   targetTacValue [2] Octet4 OPTIONAL, ... }
/// ```
///
/// ICCID and EID both bear tag 5A; the first is the ICCID, and deviceInfo stands between them.
public struct CtxParamsForDeviceChange: TLVSequence, Hashable {
  /// The profile.
  public var iccid: ICCID
  /// The old device.
  public var deviceInfo: DeviceInfo
  /// The eUICC that is to have the profile.
  public var targetEidValue: EID?
  /// The new device's type allocation code: 4 bytes.
  public var targetTacValue: [UInt8]?

  /// All fields.
  public init(iccid: ICCID, deviceInfo: DeviceInfo, targetEidValue: EID? = nil, targetTacValue: [UInt8]? = nil) {
    (self.iccid, self.deviceInfo) = (iccid, deviceInfo)
    (self.targetEidValue, self.targetTacValue) = (targetEidValue, targetTacValue)
  }

  public static let isExtensible = true

  public init(fields reader: inout TLVReader) throws(TLVError) {
    iccid = try reader.read(.iccid)
    deviceInfo = try reader.read(0xA1)
    targetEidValue = try reader.readIfPresent(0x5A)
    targetTacValue = try reader.octetsIfPresent(0x82, 4...4)
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(.iccid, iccid)
    writer.write(0xA1, deviceInfo)
    writer.write(0x5A, targetEidValue)
    writer.write(0x82, targetTacValue)
  }
}

/// What a device says that wants back a profile which it has handed on (SGP.22 v3.1 §5.7.13).
///
/// ```
/// CtxParamsForProfileRecovery ::= SEQUENCE { iccid Iccid (5A), deviceInfo [1] DeviceInfo, ... }
/// ```
public struct CtxParamsForProfileRecovery: TLVSequence, Hashable {
  /// The profile that was deleted here.
  public var iccid: ICCID
  /// The old device.
  public var deviceInfo: DeviceInfo

  /// Both fields.
  public init(iccid: ICCID, deviceInfo: DeviceInfo) { (self.iccid, self.deviceInfo) = (iccid, deviceInfo) }

  public static let isExtensible = true

  public init(fields reader: inout TLVReader) throws(TLVError) {
    iccid = try reader.read(.iccid)
    deviceInfo = try reader.read(0xA1)
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(.iccid, iccid)
    writer.write(0xA1, deviceInfo)
  }
}
