import Identifiers
import TLV

/// What of a profile goes into a backup (Fig. 3: user data, applications, K): "whole or in part".
public struct BackupParts: OptionSet, Hashable, Sendable, CustomStringConvertible {
  public let rawValue: Int
  public init(rawValue: Int) { self.rawValue = rawValue }

  /// The phone book, and fixed dialling numbers.
  public static let contacts = BackupParts(rawValue: 1)
  /// Short messages.
  public static let messages = BackupParts(rawValue: 2)
  /// The languages and networks that the user prefers.
  public static let preferences = BackupParts(rawValue: 4)
  /// Files of applications that are no network access applications.
  public static let applications = BackupParts(rawValue: 8)
  /// K and OPc of the USIM. The new profile never gets them.
  public static let keys = BackupParts(rawValue: 16)

  /// What is meant where nothing else is said: all but K.
  public static let usual: BackupParts = [.contacts, .messages, .preferences, .applications]
  /// Everything there is.
  public static let all: BackupParts = [.usual, .keys]

  /// The parts one by one, with their names for persons.
  public static let named: [(part: BackupParts, name: String)] = [
    (.contacts, "contacts"), (.messages, "messages"), (.preferences, "preferences"), (.applications, "applications"),
    (.keys, "keys"),
  ]

  /// The names of the parts.
  public var names: [String] { Self.named.filter { contains($0.part) }.map(\.name) }

  public var description: String { names.joined(separator: ", ") }
}

extension BackupParts: TLVContent {
  public init(_ element: TLVElement) throws(TLVError) {
    let value = try Int(element)
    guard Self.all.rawValue & value == value else { throw .invalid(element.tag, "there is no such part") }
    self.init(rawValue: value)
  }

  public func encodeContent(to writer: inout TLVWriter) { rawValue.encodeContent(to: &writer) }
}

extension AID {
  /// Whether it is a USIM, ISIM or CSIM, or their like: an application of 3GPP or 3GPP2 (ETSI TS 101 220 Annex D).
  public var isNetworkAccess: Bool {
    bytes.starts(with: [0xA0, 0x00, 0x00, 0x00, 0x87]) || bytes.starts(with: [0xA0, 0x00, 0x00, 0x03, 0x43])
  }
}
