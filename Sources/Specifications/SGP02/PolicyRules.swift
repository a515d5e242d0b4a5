/// POL1: what a profile's operator allows with it, in the profile package's header (SGP.02 §2.4.7; TCA eUICC Profile
/// Package §8.2.1, `pol`).
public struct PolicyRules: OptionSet, Hashable, Sendable {
  public let rawValue: UInt8
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// "Disabling of this Profile is not allowed."
  public static let disablingNotAllowed = PolicyRules(rawValue: 0x01)
  /// "Deletion of this Profile is not allowed."
  public static let deletionNotAllowed = PolicyRules(rawValue: 0x02)
  /// "Profile deletion is mandatory when its state is changed to disabled."
  public static let deletedWhenDisabled = PolicyRules(rawValue: 0x04)

  /// The rules in the header's field: the bits of its last byte.
  public init(pol: [UInt8]?) { self.init(rawValue: (pol?.last ?? 0) & 0x07) }

  /// The header's field.
  public var pol: [UInt8] { [rawValue] }
}
