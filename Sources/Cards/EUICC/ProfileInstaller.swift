import Identifiers
import SGP22
import SecureElement

/// Turns a profile package into what a card's memory keeps. It reads the whole package before anything is written, so
/// that a bad one leaves no trace.
public protocol ProfileInstaller: Sendable {
  /// The profile that `package` describes: all its profile elements, one after the other.
  func interpret(_ package: [UInt8]) throws(ProfileInstallationFailure) -> InterpretedProfile
}

/// A profile that was understood as a whole and is ready to be written.
public struct InterpretedProfile: Sendable {
  /// The number in the package's header.
  public var iccid: ICCID
  /// Its files, PINs and keys.
  public var image: FileSystemImage
  /// EUICCResponse, one or several, in DER: it tells that every element was processed.
  public var simaResponse: [UInt8]
  /// Whether all network access keys are those of the test algorithms (SGP.22 §2.4.5.2).
  public var hasTestKeysOnly: Bool
  /// The provider's seal in it (system D, Fig. 3), as it came; nil where it has none.
  public var seal: [UInt8]?

  /// All fields.
  public init(
    iccid: ICCID, image: FileSystemImage, simaResponse: [UInt8], hasTestKeysOnly: Bool, seal: [UInt8]? = nil
  ) {
    (self.iccid, self.image, self.simaResponse) = (iccid, image, simaResponse)
    (self.hasTestKeysOnly, self.seal) = (hasTestKeysOnly, seal)
  }
}

/// Why a package cannot be installed.
public struct ProfileInstallationFailure: Error, Sendable {
  /// The reason in ES8+'s words.
  public var reason: ErrorReason
  /// EUICCResponse in DER: it names the element.
  public var simaResponse: [UInt8]?

  /// Both fields.
  public init(_ reason: ErrorReason, simaResponse: [UInt8]? = nil) {
    (self.reason, self.simaResponse) = (reason, simaResponse)
  }
}
