import Bytes
import TLV
import UICC

extension PE {
  /// PE-PINCodes ::= SEQUENCE { pin-Header PEHeader, pinCodes CHOICE { pinconfig SEQUENCE OF PINConfiguration,
  ///   filePath OCTET STRING } }: the PINs of the directory created last (§8.5.1)
  public struct PINCodes: KnownElement, TLVSequence, Hashable {
    public static let name = "pinCodes"
    public static let number: UInt32 = 2

    /// What the PINs are.
    public enum Codes: Hashable, Sendable {
      /// PINs of the directory's own.
      case pinconfig([PINConfiguration])
      /// The directory whose PINs are shared: its path from the MF, two bytes a step.
      case filePath([UInt8])
    }

    private var peHeader: PEHeader
    /// The PINs.
    public var pinCodes: Codes
    /// Fields of later versions.
    public var laterFields = LaterFields()

    /// An element of ours.
    public init(_ identification: Int, _ pins: [PINConfiguration]) {
      (peHeader, pinCodes) = (PEHeader(identification), .pinconfig(pins))
    }

    public var header: PEHeader? { peHeader }

    /// The PINs, where they are the directory's own.
    public var pins: [PINConfiguration] {
      get { if case .pinconfig(let pins) = pinCodes { pins } else { [] } }
      set { pinCodes = .pinconfig(newValue) }
    }

    public init(fields reader: inout TLVReader) throws(TLVError) {
      peHeader = try reader.read(0xA0)
      // X.680 §31.2.7: the tag of a CHOICE is explicit.
      let choice = try reader.element(0xA1)
      var codes = try choice.reader()
      switch codes.nextTag {
      case 0xA0: pinCodes = .pinconfig(try codes.read(0xA0))
      case 0x81: pinCodes = .filePath(try codes.read(0x81))
      default: throw .invalid(choice.tag, "neither pinconfig nor filePath")
      }
      try codes.finish()
      laterFields = try reader.laterFields(from: 2)
    }

    public func encodeFields(to writer: inout TLVWriter) {
      writer.write(0xA0, peHeader)
      writer.write(0xA1) { writer in
        switch pinCodes {
        case .pinconfig(let pins): writer.write(0xA0, pins)
        case .filePath(let path): writer.write(0x81, path)
        }
      }
      writer.write(laterFields)
    }
  }

  /// PE-PUKCodes ::= SEQUENCE { puk-Header PEHeader, pukCodes SEQUENCE OF PUKConfiguration } (§8.5.2)
  public struct PUKCodes: KnownElement, TLVSequence, Hashable {
    public static let name = "pukCodes"
    public static let number: UInt32 = 3

    private var peHeader: PEHeader
    /// The unblocking codes.
    public var pukCodes: [PUKConfiguration]
    /// Fields of later versions.
    public var laterFields = LaterFields()

    /// An element of ours.
    public init(_ identification: Int, _ codes: [PUKConfiguration]) {
      (peHeader, pukCodes) = (PEHeader(identification), codes)
    }

    public var header: PEHeader? { peHeader }

    public init(fields reader: inout TLVReader) throws(TLVError) {
      peHeader = try reader.read(0xA0)
      pukCodes = try reader.read(0xA1)
      laterFields = try reader.laterFields(from: 2)
    }

    public func encodeFields(to writer: inout TLVWriter) {
      writer.write(0xA0, peHeader)
      writer.write(0xA1, pukCodes)
      writer.write(laterFields)
    }
  }
}

/// PINConfiguration ::= SEQUENCE { keyReference, pinValue OCTET STRING (SIZE (8)), unblockingPINReference OPTIONAL,
///   pinAttributes UInt8 DEFAULT 7, maxNumOfAttemps-retryNumLeft UInt8 DEFAULT 51 }
public struct PINConfiguration: TLVMessage, TLVSequence, Hashable {
  public static let tag: TLVTag = .sequence

  /// Key reference of ETSI TS 102 221 Table 9.3: 1 to 8 and 129 to 136 PINs, 10 to 14 and 138 to 142 administrative.
  public var keyReference: Int
  /// 8 bytes: digits in ASCII, filled with FF.
  public var pinValue: Secret
  /// The PUK that unblocks the PIN.
  public var unblockingPINReference: Int?
  /// nil stands for 7: see ``isEnabled``, ``isChangeable``, ``isDisablable``.
  public var pinAttributes: Int?
  /// Most attempts in bits 8 to 5, attempts left in bits 4 to 1; nil stands for 33 hexadecimal.
  public var attempts: Int?
  /// Fields of later versions.
  public var laterFields = LaterFields()

  /// A PIN of ours.
  public init(_ reference: PINReference, _ value: Secret, unblockedBy puk: PINReference? = nil, attributes: Int = 7) {
    (keyReference, pinValue) = (Int(reference.rawValue), value)
    unblockingPINReference = puk.map { Int($0.rawValue) }
    pinAttributes = attributes == 7 ? nil : attributes
  }

  /// The key reference; nil where it is none.
  public var reference: PINReference? { UInt8(exactly: keyReference).map { PINReference(rawValue: $0) } }
  /// Bit 1 of `pinAttributes`: the PIN must be verified.
  public var isEnabled: Bool { (pinAttributes ?? 7) & 1 != 0 }
  /// Bit 2: CHANGE PIN is allowed.
  public var isChangeable: Bool { (pinAttributes ?? 7) & 2 != 0 }
  /// Bit 3: DISABLE PIN is allowed.
  public var isDisablable: Bool { (pinAttributes ?? 7) & 4 != 0 }
  /// Attempts allowed in a row.
  public var maximumAttempts: Int { (attempts ?? 0x33) >> 4 & 0x0F }
  /// Attempts left.
  public var remainingAttempts: Int { (attempts ?? 0x33) & 0x0F }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    keyReference = try reader.read(0x80)
    pinValue = try reader.read(0x81)
    unblockingPINReference = try reader.readIfPresent(0x82)
    pinAttributes = try reader.readIfPresent(0x83)
    attempts = try reader.readIfPresent(0x84)
    laterFields = try reader.laterFields(from: 5)
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x80, keyReference)
    writer.write(0x81, pinValue)
    writer.write(0x82, unblockingPINReference)
    writer.write(0x83, pinAttributes)
    writer.write(0x84, attempts)
    writer.write(laterFields)
  }
}

/// PUKConfiguration ::= SEQUENCE { keyReference, pukValue OCTET STRING (SIZE (8)),
///   maxNumOfAttemps-retryNumLeft UInt8 DEFAULT 170 }
public struct PUKConfiguration: TLVMessage, TLVSequence, Hashable {
  public static let tag: TLVTag = .sequence

  /// The reference that PINs name the code by: 1 to 8, 129 to 136.
  public var keyReference: Int
  /// 8 bytes: digits in ASCII.
  public var pukValue: Secret
  /// Most attempts in bits 8 to 5, attempts left in bits 4 to 1; nil stands for AA hexadecimal.
  public var attempts: Int?
  /// Fields of later versions.
  public var laterFields = LaterFields()

  /// A code of ours, with ten attempts.
  public init(_ reference: PINReference, _ value: Secret) {
    (keyReference, pukValue) = (Int(reference.rawValue), value)
  }

  /// The reference; nil where it is none.
  public var reference: PINReference? { UInt8(exactly: keyReference).map { PINReference(rawValue: $0) } }
  /// Attempts allowed in a row.
  public var maximumAttempts: Int { (attempts ?? 0xAA) >> 4 & 0x0F }
  /// Attempts left.
  public var remainingAttempts: Int { (attempts ?? 0xAA) & 0x0F }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    keyReference = try reader.read(0x80)
    pukValue = try reader.read(0x81)
    attempts = try reader.readIfPresent(0x82)
    laterFields = try reader.laterFields(from: 3)
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x80, keyReference)
    writer.write(0x81, pukValue)
    writer.write(0x82, attempts)
    writer.write(laterFields)
  }
}
