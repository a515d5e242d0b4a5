import EUICC
import ProfileInterpreter
import ProfileMove
import SGP22

/// Lets an eUICC install what the profile interpreter makes of a package.
public struct PackageInstaller: ProfileInstaller {
  private let interpreter: Interpreter

  /// An installer with the usual limits.
  public init() {
    var configuration = Interpreter.Configuration()
    configuration.issuers = [ProfileSeal.issuer]
    interpreter = Interpreter(configuration)
  }

  public func interpret(_ package: [UInt8]) throws(ProfileInstallationFailure) -> InterpretedProfile {
    do {
      let profile = try interpreter.interpret(package)
      return InterpretedProfile(
        iccid: profile.iccid, image: profile.image, simaResponse: profile.response.encoded,
        hasTestKeysOnly: profile.hasTestKeysOnly, seal: profile.nonStandard[ProfileSeal.issuer])
    } catch {
      // SGP.22 §2.5.6: the reason in ES8+'s words; the element and its status stand in the EUICCResponse.
      let reason: ErrorReason =
        switch error.cause {
        case .insufficientMemory: .installFailedDueToInsufficientMemoryForProfile
        case .element: .installFailedDueToPEProcessingError
        }
      throw ProfileInstallationFailure(reason, simaResponse: error.response.encoded)
    }
  }
}
