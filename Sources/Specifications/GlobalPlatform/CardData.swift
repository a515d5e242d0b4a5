import TLV

/// What a card tells about itself through GET DATA (GlobalPlatform Card Specification 2.3 §11.3, Annex H).
public enum CardData {
  public static let getData: UInt8 = 0xCA
  public static let storeData: UInt8 = 0xE2

  /// Tags of GET DATA.
  public static let issuerIdentificationNumber: TLVTag = 0x42
  public static let cardImageNumber: TLVTag = 0x45
  public static let cardRecognition: TLVTag = 0x66
  public static let capabilities: TLVTag = 0x67
  public static let keyInformation: TLVTag = 0xE0
  public static let sequenceCounter: TLVTag = 0xC1
  public static let confirmationCounter: TLVTag = 0xC2
  public static let extendedResources: TLVTag = 0xFF21

  /// 1.2.840.114283: GlobalPlatform.
  private static let root: [UInt8] = [0x2A, 0x86, 0x48, 0x86, 0xFC, 0x6B]

  /// Card recognition data (66, §H.2): card specification 2.3, one issuer's scheme, SCP03 with parameter `i`.
  public static func recognition(scp03 i: UInt8) -> [UInt8] {
    var writer = TLVWriter()
    func oid(_ tail: [UInt8], _ writer: inout TLVWriter) { writer.write(0x06, root + tail) }
    writer.write(cardRecognition) { writer in
      writer.write(0x73) { writer in
        oid([0x01], &writer)
        writer.write(0x60) { oid([0x02, 0x02, 0x03], &$0) }
        writer.write(0x63) { oid([0x03], &$0) }
        writer.write(0x64) { oid([0x04, 0x03, i], &$0) }
      }
    }
    return writer.bytes
  }

  /// Card capability information (67, §H.4): SCP03 with parameter `i` and AES keys of all lengths, hashes with SHA-256,
  /// tokens and DAPs by ECDSA on a curve of 256 bits, receipts by AES CMAC.
  public static func capabilities(scp03 i: UInt8) -> [UInt8] {
    var writer = TLVWriter()
    writer.write(capabilities) { writer in
      writer.write(0xA0) { writer in
        writer.write(0x80, bytes: [0x03])
        writer.write(0x81, bytes: [i])
        writer.write(0x82, bytes: [0x07])
      }
      writer.write(0x81, bytes: [0xE1, 0xF4, 0x80])
      writer.write(0x82, bytes: [0x00, 0x00, 0x00])
      writer.write(0x83, bytes: [0x02])
      writer.write(0x85, bytes: [0x40, 0x00])
      writer.write(0x86, bytes: [0x38, 0x00])
      writer.write(0x87, bytes: [0x78, 0x00])
    }
    return writer.bytes
  }

  /// One line of the key information template (E0, table 11-30): C0 { identifier, version, type, length }.
  public struct KeyLine: Hashable, Sendable {
    public var identifier: UInt8
    public var version: UInt8
    /// 88 AES, B0 point.
    public var type: UInt8
    /// In bytes.
    public var length: UInt8

    /// A line.
    public init(identifier: UInt8, version: UInt8, type: UInt8, length: UInt8) {
      (self.identifier, self.version, self.type, self.length) = (identifier, version, type, length)
    }
  }

  /// The key information template of `keys`.
  public static func keyInformation(_ keys: [KeyLine]) -> [UInt8] {
    var writer = TLVWriter()
    writer.write(keyInformation) { writer in
      for key in keys { writer.write(0xC0, bytes: [key.identifier, key.version, key.type, key.length]) }
    }
    return writer.bytes
  }
}

/// Where the keys of a domain stand by convention (§11.1.9, §C; Amendment F for certificates).
public enum KeyReference {
  /// Key-ENC, Key-MAC and Key-DEK of a version 01 to 6F.
  public static let scp03: ClosedRange<UInt8> = 1...3
  /// Verifies certificates of PERFORM SECURITY OPERATION: versions 10 to 1F, identifier 10.
  public static let certificateAuthority: (version: UInt8, identifier: UInt8) = (0x10, 0x10)
  /// Verifies tokens.
  public static let token: (version: UInt8, identifier: UInt8) = (0x70, 0x01)
  /// Makes receipts.
  public static let receipt: (version: UInt8, identifier: UInt8) = (0x71, 0x01)
  /// Verifies DAPs.
  public static let dap: (version: UInt8, identifier: UInt8) = (0x73, 0x01)
}
