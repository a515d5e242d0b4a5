import TLV

/// The context of an authentication (SGP.22 §5.7.13).
///
/// ```
/// CtxParams1 ::= CHOICE {
///   ctxParamsForCommonAuthentication [0] CtxParamsForCommonAuthentication,
///   ctxParamsForDeviceChange [1] CtxParamsForDeviceChange,          -- v3
///   ctxParamsForProfileRecovery [2] CtxParamsForProfileRecovery, ... }
/// ```
public enum CtxParams1: Sendable, Hashable {
  case ctxParamsForCommonAuthentication(CtxParamsForCommonAuthentication)
  case ctxParamsForDeviceChange(CtxParamsForDeviceChange)
  case ctxParamsForProfileRecovery(CtxParamsForProfileRecovery)

  /// Reads the choice where it stands in `reader`.
  init(in reader: inout TLVReader) throws(TLVError) {
    switch reader.nextTag {
    case 0xA1: self = .ctxParamsForDeviceChange(try reader.read(0xA1))
    case 0xA2: self = .ctxParamsForProfileRecovery(try reader.read(0xA2))
    default: self = .ctxParamsForCommonAuthentication(try reader.read(0xA0))
    }
  }

  func encode(to writer: inout TLVWriter) {
    switch self {
    case .ctxParamsForCommonAuthentication(let parameters): writer.write(0xA0, parameters)
    case .ctxParamsForDeviceChange(let parameters): writer.write(0xA1, parameters)
    case .ctxParamsForProfileRecovery(let parameters): writer.write(0xA2, parameters)
    }
  }

  /// The context of a download or of event retrieval; nil of anything else.
  public var common: CtxParamsForCommonAuthentication? {
    if case .ctxParamsForCommonAuthentication(let parameters) = self { parameters } else { nil }
  }
}

/// ```
/// CtxParamsForCommonAuthentication ::= SEQUENCE { matchingId UTF8String OPTIONAL, deviceInfo DeviceInfo, ... }
/// ```
public struct CtxParamsForCommonAuthentication: TLVSequence, Hashable {
  /// The activation code's token, an EventID, or empty; as it was sent, in any syntax.
  public var matchingId: String?
  /// The device.
  public var deviceInfo: DeviceInfo

  /// Both fields.
  public init(matchingId: String?, deviceInfo: DeviceInfo) {
    (self.matchingId, self.deviceInfo) = (matchingId, deviceInfo)
  }

  public static let isExtensible = true

  public init(fields reader: inout TLVReader) throws(TLVError) {
    matchingId = try reader.textIfPresent(0x80, atMost: Limit.matchingId)
    deviceInfo = try reader.read(0xA1)
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x80, matchingId)
    writer.write(0xA1, deviceInfo)
  }
}
