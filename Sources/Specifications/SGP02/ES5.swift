import APDU
import Bytes
import GlobalPlatform
import Identifiers
import TLV

/// What an SM-SR asks of an ISD-R (SGP.02 §4.1.1), and what it carries to an ISD-P for an SM-DP (ES8, §4.1.3): commands in
/// the script of a packet.
public enum ES5: Hashable, Sendable {
  /// §4.1.1.1 CreateISDP: an ISD-P that may hold `memory` bytes.
  case createISDP(AID, memory: Int)
  /// §4.1.1.2 EnableProfile.
  case enableProfile(AID)
  /// §4.1.1.3 DisableProfile.
  case disableProfile(AID)
  /// §4.1.1.4 DeleteProfile.
  case deleteProfile(AID)
  /// §4.1.1.7 SetFallbackAttribute.
  case setFallbackAttribute(AID)
  /// §4.1.3.1: the STORE DATA that follow, in the same packet or not, are the ISD-P's (INSTALL [for personalization]).
  case personalise(AID)
  /// §4.1.1.8 EstablishISDRKeySet and §4.1.3.1 EstablishISDPKeySet, first part: a certificate (7F21). The answer is
  /// the card's random challenge (85).
  case presentCertificate([UInt8])
  /// The same, second part. The answer is a ``KeySetEstablishment/Answer``.
  case establishKeySet(KeySetEstablishment)
  /// §4.1.1.9 FinaliseISDRhandover: all key sets but the one of the packet are deleted.
  case finaliseISDRhandover
  /// §4.1.1.10 UpdateSMSRAddressingParameters: the number that notifications go to, kind and digits.
  case updateSMSRAddressingParameters([UInt8])
  /// §4.1.3.4 UpdateConnectivityParameters, of the ISD-P that is personalised.
  case updateConnectivityParameters(ConnectivityParameters)
  /// §4.1.1.12 HandleNotificationConfirmation. The answer names the profiles that were deleted: 80 { 4F AID … }.
  case confirmNotification(UInt16)
  /// *Ours*: the ``EUICCReport``, whole (GET DATA BF70).
  case getReport
  /// *Ours*: the eUICC signs an ``IdentityProof``. The answer is the signature (5F37).
  case proveIdentity(IdentityProof)
  /// *Ours*: the eUICC makes a key for agreement. The answer is its certificate (7F21), signed by the eUICC.
  case makeKey

  static let storeData: UInt8 = 0xE2
  static let getData: UInt8 = 0xCA
  /// §4.1.3.2.1: the install parameters of an ISD-P: SCP03 with i = 70.
  static let isdpParameters: [UInt8] = [0x81, 0x02, 0x03, 0x70]

  /// The command as it stands in a script.
  public var command: Command {
    typealias Identifier = DataGroup.Identifier
    switch self {
    case .createISDP(let aid, let memory):
      var parameters = ContentParameters()
      (parameters.applicationSpecific, parameters.quota) = (Self.isdpParameters, memory)
      return Install(
        .install(
          file: SecurityDomains.isdpFile, module: SecurityDomains.isdpModule, application: aid,
          privileges: [.securityDomain, .trustedPath, .authorizedManagement], isSelectable: true),
        parameters: parameters
      ).command()
    case .enableProfile(let aid): return Self.store(Identifier.enableProfile, Self.object(0x4F, aid.bytes))
    case .disableProfile(let aid): return Self.store(Identifier.disableProfile, Self.object(0x4F, aid.bytes))
    case .setFallbackAttribute(let aid):
      return Self.store(Identifier.setFallbackAttribute, Self.object(0x4F, aid.bytes))
    case .deleteProfile(let aid):
      return Command(cla: 0x80, ins: Delete.instruction, p1: 0, p2: 0x40, data: Self.object(0x4F, aid.bytes), le: 256)
    case .personalise(let aid): return Install(.personalization(application: aid)).command()
    case .presentCertificate(let certificate):
      return Self.store(Identifier.certificate, certificate, p1: 0x09)
    case .establishKeySet(let request):
      return Command(
        cla: 0x80, ins: Self.storeData, p1: 0x89, p2: 0x01, data: request.encoded, le: 256)
    case .finaliseISDRhandover:
      // F2: key versions and identifiers from first to last; here every version.
      return Command(
        cla: 0x80, ins: Delete.instruction, p1: 0, p2: 0, data: Self.object(0xF2, [0x00, 0x01, 0x03]), le: 256)
    case .updateSMSRAddressingParameters(let address):
      return Self.store(Identifier.connectivity, Self.object(0xA3, Self.object(0x06, address)))
    case .updateConnectivityParameters(let parameters):
      return Self.store(Identifier.connectivity, parameters.encoded)
    case .confirmNotification(let number):
      return Self.store(Identifier.confirmNotification, Self.object(0x4E, number.bigEndianBytes), p1: 0x89)
    case .getReport:
      return Command(cla: 0x80, ins: Self.getData, p1: 0xBF, p2: 0x70, le: 256)
    case .proveIdentity(let proof): return Self.store(Identifier.proveIdentity, proof.encoded, p1: 0x89)
    case .makeKey: return Self.store(Identifier.makeKey, [], p1: 0x89)
    }
  }

  /// P1: 80 is the last of the function, 08 data groupings, 01 an answer is wanted.
  private static func store(_ identifier: UInt16, _ data: [UInt8], p1: UInt8 = 0x88) -> Command {
    Command(
      cla: 0x80, ins: storeData, p1: p1, p2: 0, data: DataGroup(identifier, data).encoded,
      le: p1 & 0x01 == 0 ? nil : 256)
  }

  private static func object(_ tag: TLVTag, _ content: [UInt8]) -> [UInt8] {
    var writer = TLVWriter()
    writer.write(tag, bytes: content)
    return writer.bytes
  }
}

extension StatusWord {
  /// SGP.02 §4.1.1: POL1 of a profile forbids it.
  public static let forbiddenByPOL1: StatusWord = 0x69E1
}
