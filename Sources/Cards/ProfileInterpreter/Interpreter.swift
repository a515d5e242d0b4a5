import Identifiers
import ProfilePackage
import SecureElement
import TLV

/// Makes a card's file system of a profile package (TCA eUICC Profile Package, the specification of all clauses named
/// in this room).
///
/// The whole package is worked out before anything is handed back: a bad one leaves no trace.
public struct Interpreter: Sendable {
  /// What the card is able to take in.
  public struct Configuration: Sendable {
    /// The services that packages may demand (§8.2.1).
    public var services = Interpreter.services
    /// The libraries with code that are on the card.
    public var libraries: Set<AID> = []
    /// Whose elements of their own (§8.9) the card knows what to do with; others' are left out.
    public var issuers: Set<OID> = []
    /// Bytes that a profile's files and records may take.
    public var memoryLimit = 1 << 20

    /// The software card's usual abilities.
    public init() {}
  }

  /// What the card is able to take in.
  public let configuration: Configuration

  /// An interpreter for a card of the given abilities.
  public init(_ configuration: Configuration = Configuration()) { self.configuration = configuration }

  /// The services of the software card.
  ///
  /// Of the last line the files and keys are taken in and kept, but nothing answers for them: TS.48's test profiles
  /// demand them all.
  public static let services: Set<ServicesList.Service> = [
    .usim, .isim, .milenage, .tuak128, .tuak256, .usimTestAlgorithm, .multipleUSIM, .multipleISIM, .berTLV, .dfLink,
    .getIdentity, .profileAX25519, .profileBP256,
    .csim, .cave, .javacard,
  ]

  /// The profile that `bytes` describe: all profile elements, one after the other.
  public func interpret(_ bytes: [UInt8]) throws(InterpretationFailure) -> Interpretation {
    var journal = Journal()
    do throws(ElementFailure) {
      let admission = Admission(configuration)
      let (package, iccid) = try admission.admit(bytes, &journal)
      var installation = Installation(package, memoryLimit: configuration.memoryLimit)
      try installation.run(&journal)
      return Interpretation(
        iccid: iccid, image: try installation.image(), response: journal.success,
        hasTestKeysOnly: installation.algorithms.values.allSatisfy { $0 == .test },
        nonStandard: installation.nonStandard)
    } catch {
      throw InterpretationFailure(error, after: journal)
    }
  }
}
