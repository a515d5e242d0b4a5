import TLV

/// What the device tells about itself (SGP.22 §4.2).
///
/// ```
/// DeviceInfo ::= SEQUENCE { tac Octet4, deviceCapabilities DeviceCapabilities, imei Octet8 OPTIONAL, ... }
/// ```
public struct DeviceInfo: TLVSequence, Hashable {
  /// Type allocation code: 4 bytes (8 in some early peers).
  public var tac: [UInt8]
  /// The releases that the device supports.
  public var deviceCapabilities: DeviceCapabilities
  /// IMEI: 8 bytes.
  public var imei: [UInt8]?

  /// All fields.
  public init(tac: [UInt8], deviceCapabilities: DeviceCapabilities = DeviceCapabilities(), imei: [UInt8]? = nil) {
    (self.tac, self.deviceCapabilities, self.imei) = (tac, deviceCapabilities, imei)
  }

  public static let isExtensible = true

  public init(fields reader: inout TLVReader) throws(TLVError) {
    tac = try reader.octets(0x80, 4...8)
    deviceCapabilities = try reader.read(0xA1)
    imei = try reader.octetsIfPresent(0x82, 8...8)
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x80, tac)
    writer.write(0xA1, deviceCapabilities)
    writer.write(0x82, imei)
  }
}

/// The highest release that is fully supported of each technology.
///
/// ```
/// DeviceCapabilities ::= SEQUENCE {   -- each [n] VersionType OPTIONAL, n from 0
///   gsm, utran, cdma2000onex, cdma2000hrpd, cdma2000ehrpd, eutran, contactless (…SupportedRelease),
///   rspCrlSupportedVersion, rspRpmSupportedVersion, ... }   -- nrEpc, nr5gc and more in later versions
/// ```
public struct DeviceCapabilities: TLVSequence, Hashable {
  /// The fields' numbers.
  public enum Technology: UInt32, CaseIterable, Sendable {
    case gsm, utran, cdma2000onex, cdma2000hrpd, cdma2000ehrpd, eutran, contactless, rspCrl, rspRpm
    case nrEpc, nr5gc, eutran5gc
  }

  /// The release for each technology that is supported.
  public var releases: [Technology: VersionType]

  /// Nothing is supported unless it is told.
  public init(_ releases: [Technology: VersionType] = [:]) { self.releases = releases }

  public static let isExtensible = true

  public init(fields reader: inout TLVReader) throws(TLVError) {
    releases = [:]
    for technology in Technology.allCases {
      releases[technology] = try reader.readIfPresent(.context(technology.rawValue, constructed: false))
    }
  }

  public func encodeFields(to writer: inout TLVWriter) {
    for technology in Technology.allCases {
      writer.write(.context(technology.rawValue, constructed: false), releases[technology])
    }
  }
}
