import Bytes
import UICC

/// A PIN as the card stores it (ETSI TS 102 221 §9.5, TCA profile package `PINConfiguration`).
public struct PINRecord: Hashable, Sendable {
  /// Key reference.
  public var reference: PINReference
  /// The value, 8 bytes, filled with FF.
  public var value: Secret
  /// The unblocking code's reference among the directory's PUKs, if the PIN can be unblocked.
  public var unblockingReference: PINReference?
  /// Whether it must be verified.
  public var isEnabled: Bool
  /// Whether CHANGE PIN is allowed.
  public var isChangeable: Bool
  /// Whether DISABLE PIN and ENABLE PIN are allowed.
  public var isDisablable: Bool
  /// Whether, while the PIN is disabled, the universal PIN stands in for it (§9.5.1).
  public var isReplacedByUniversal = false
  /// Tries allowed in a row, 1 to 15.
  public var maximumTries: UInt8
  /// Tries left.
  public var remainingTries: UInt8

  /// A PIN of 8 bytes; a shorter value is filled with FF, a longer one cut.
  public init(
    _ reference: PINReference, value: [UInt8], unblockingReference: PINReference? = nil, isEnabled: Bool = true,
    isChangeable: Bool = true, isDisablable: Bool = true, maximumTries: UInt8 = 3, remainingTries: UInt8? = nil
  ) {
    (self.reference, self.unblockingReference) = (reference, unblockingReference)
    self.value = Secret(Self.padded(value))
    (self.isEnabled, self.isChangeable, self.isDisablable) = (isEnabled, isChangeable, isDisablable)
    (self.maximumTries, self.remainingTries) = (maximumTries, remainingTries ?? maximumTries)
  }

  static func padded(_ value: [UInt8]) -> [UInt8] {
    Array((value + [UInt8](repeating: 0xFF, count: 8)).prefix(8))
  }
}

extension PINRecord {
  /// Flags, maximum, remaining, PUK reference or 0, value: 12 bytes.
  var encoded: [UInt8] {
    let flags: UInt8 =
      (isEnabled ? 1 : 0) | (isChangeable ? 2 : 0) | (isDisablable ? 4 : 0) | (isReplacedByUniversal ? 8 : 0)
    return [flags, maximumTries, remainingTries, unblockingReference?.rawValue ?? 0] + value.bytes
  }

  init?(_ reference: PINReference, encoded bytes: [UInt8]) {
    guard bytes.count == 12 else { return nil }
    self.init(
      reference, value: Array(bytes[4...]),
      unblockingReference: bytes[3] == 0 ? nil : PINReference(rawValue: bytes[3]), isEnabled: bytes[0] & 1 != 0,
      isChangeable: bytes[0] & 2 != 0, isDisablable: bytes[0] & 4 != 0, maximumTries: bytes[1],
      remainingTries: bytes[2])
    isReplacedByUniversal = bytes[0] & 8 != 0
  }
}

/// An unblocking code (PUK) as the card stores it (TCA profile package `PUKConfiguration`).
public struct PUKRecord: Hashable, Sendable {
  /// The reference that PINs name it by.
  public var reference: PINReference
  /// The value, 8 bytes.
  public var value: Secret
  /// Tries allowed in a row, 1 to 15.
  public var maximumTries: UInt8
  /// Tries left.
  public var remainingTries: UInt8

  /// A code of 8 bytes; a shorter value is filled with FF, a longer one cut.
  public init(_ reference: PINReference, value: [UInt8], maximumTries: UInt8 = 10, remainingTries: UInt8? = nil) {
    (self.reference, self.value) = (reference, Secret(PINRecord.padded(value)))
    (self.maximumTries, self.remainingTries) = (maximumTries, remainingTries ?? maximumTries)
  }

  /// Maximum, remaining, value: 10 bytes.
  var encoded: [UInt8] { [maximumTries, remainingTries] + value.bytes }

  init?(_ reference: PINReference, encoded bytes: [UInt8]) {
    guard bytes.count == 10 else { return nil }
    self.init(reference, value: Array(bytes[2...]), maximumTries: bytes[0], remainingTries: bytes[1])
  }
}
