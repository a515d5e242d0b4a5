import TLV

/// What an application or security domain may do: three bytes (GlobalPlatform Card Specification 2.3 §11.1.2, tables 11-7
/// to 11-9), the first in the most significant place.
public struct Privileges: OptionSet, Hashable, Sendable {
  public let rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// It is a security domain.
  public static let securityDomain = Privileges(rawValue: 0x80_0000)
  /// It verifies the DAP of load files that are loaded for it.
  public static let dapVerification = Privileges(rawValue: 0x40_0000)
  /// It manages its own content under tokens.
  public static let delegatedManagement = Privileges(rawValue: 0x20_0000)
  /// It may lock the card.
  public static let cardLock = Privileges(rawValue: 0x10_0000)
  /// It may terminate the card.
  public static let cardTerminate = Privileges(rawValue: 0x08_0000)
  /// It is selected after a reset.
  public static let cardReset = Privileges(rawValue: 0x04_0000)
  /// It manages the card holder's PIN.
  public static let cvmManagement = Privileges(rawValue: 0x02_0000)
  /// It verifies a DAP of every load file.
  public static let mandatedDAPVerification = Privileges(rawValue: 0x01_0000)
  /// It is trusted by applications.
  public static let trustedPath = Privileges(rawValue: 0x8000)
  /// It manages content without tokens.
  public static let authorizedManagement = Privileges(rawValue: 0x4000)
  /// It verifies tokens.
  public static let tokenVerification = Privileges(rawValue: 0x2000)
  /// It may delete any content.
  public static let globalDelete = Privileges(rawValue: 0x1000)
  /// It may lock any application.
  public static let globalLock = Privileges(rawValue: 0x0800)
  /// It sees the whole registry.
  public static let globalRegistry = Privileges(rawValue: 0x0400)
  /// It is the only one that can be selected on a terminated card.
  public static let finalApplication = Privileges(rawValue: 0x0200)
  /// It serves other applications.
  public static let globalService = Privileges(rawValue: 0x0100)
  /// It makes receipts.
  public static let receiptGeneration = Privileges(rawValue: 0x80)
  /// Load files for it are encrypted.
  public static let cipheredLoadFileDataBlock = Privileges(rawValue: 0x40)

  /// Three bytes.
  public var bytes: [UInt8] { [UInt8(rawValue >> 16 & 0xFF), UInt8(rawValue >> 8 & 0xFF), UInt8(rawValue & 0xFF)] }

  /// Privileges in one byte or three; nil for another length, and where a bit is set without those it stands on:
  /// what only a security domain has needs bit 8 of the first byte, mandated DAP verification DAP verification.
  public init?(bytes: some Collection<UInt8>) {
    guard bytes.count == 1 || bytes.count == 3 else { return nil }
    let all = Array(bytes) + (bytes.count == 1 ? [0, 0] : [])
    self.init(rawValue: UInt32(all[0]) << 16 | UInt32(all[1]) << 8 | UInt32(all[2]))
    let forDomains: Privileges = [
      .dapVerification, .delegatedManagement, .mandatedDAPVerification, .authorizedManagement, .tokenVerification,
      .receiptGeneration, .cipheredLoadFileDataBlock,
    ]
    guard contains(.securityDomain) || isDisjoint(with: forDomains) else { return nil }
    guard !contains(.mandatedDAPVerification) || contains(.dapVerification) else { return nil }
    // §6.6.2: a domain has one of the two, not both.
    guard !isSuperset(of: [.delegatedManagement, .authorizedManagement]) else { return nil }
  }
}
