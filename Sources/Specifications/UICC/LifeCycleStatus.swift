import TLV

/// A file's stage of life: tag 8A (ETSI TS 102 221 §11.1.1.4.9, ISO/IEC 7816-4 §5.3.3.2).
public enum LifeCycleStatus: TLVContent, Hashable {
  /// 00: no information given.
  case notGiven
  /// 01: being created; access rules do not hold yet.
  case creation
  /// 03: being initialised; access rules do not hold yet.
  case initialisation
  /// 04, 06: operational, deactivated.
  case deactivated
  /// 05, 07: operational, activated.
  case activated
  /// 0C to 0F: terminated for ever.
  case terminated

  public init(_ element: TLVElement) throws(TLVError) {
    guard element.content.count == 1, let byte = element.content.first, let status = Self(byte: byte) else {
      throw .invalid(element.tag, "an unknown life cycle status")
    }
    self = status
  }

  /// The status that `byte` codes.
  public init?(byte: UInt8) {
    switch byte {
    case 0x00: self = .notGiven
    case 0x01: self = .creation
    case 0x03: self = .initialisation
    case 0x04, 0x06: self = .deactivated
    case 0x05, 0x07: self = .activated
    case 0x0C...0x0F: self = .terminated
    default: return nil
    }
  }

  /// The status in one byte.
  public var byte: UInt8 {
    switch self {
    case .notGiven: 0x00
    case .creation: 0x01
    case .initialisation: 0x03
    case .deactivated: 0x04
    case .activated: 0x05
    case .terminated: 0x0C
    }
  }

  public func encodeContent(to writer: inout TLVWriter) { writer.append(encoded: [byte]) }
}
