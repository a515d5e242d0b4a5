import APDU
import AuC
import BatchModule
import Bytes
import CardIssuer
import CardManagement
import CardTerminal
import CarrierTerminal
import Charging
import CircleFiles
import CircleOfTrust
import ConnectivityManagement
import CustomerManagement
import DeviceChange
import DealerTerminal
import Foundation
import HandsetRegistration
import Identifiers
import IdentityModule
import Keys
import LPA
import MutualAgreement
import MutualAuthentication
import OrderDesk
import ProfilePackage
import RegistrationDevice
import SGP22
import SMDPPlus
import SecureElement
import SecureMessages
import Store
import SubscriberTransfer
import TLV
import Transport
import UserApparatus
import World

extension Complaint {
  /// What a person is told of an error of another room: its own sentence, and the kind that it is for the caller. One
  /// that is not known here is a defect, and said to be one.
  init(_ error: any Error) {
    if let complaint = error as? Complaint {
      self = complaint
    } else if let kind = Kind(error) {
      self.init(kind, "\(error)")
    } else if error is any LocalizedError || error is CocoaError || error is POSIXError {
      self.init(system: error)
    } else {
      self.init(
        .defect, "Something failed that was not foreseen: \(error)",
        remedy: "Please report this line together with the command.")
    }
  }

  /// What the file system refused.
  private init(system error: any Error) {
    let cocoa = error as? CocoaError
    let isMissing = [.fileNoSuchFile, .fileReadNoSuchFile].contains(cocoa?.code)
    let place = cocoa?.filePath.map { "\($0): " } ?? ""
    self.init(isMissing ? .noInput : .noPermission, place + error.localizedDescription)
  }
}

extension Complaint.Kind {
  /// The kind of an error that another room explains in its own sentence; nil for one that is not known here.
  init?(_ error: any Error) {
    switch error {
    case let error as LinkError: self = Self.kind(error)
    case ManagementError.link(let error): self = Self.kind(error)
    case is ManagementError: self = .refused
    case UserApparatusError.link(let error): self = Self.kind(error)
    case UserApparatusError.refused(.noAnswer): self = .unavailable
    case UserApparatusError.notRegistered: self = .noInput
    case is UserApparatusError, is AgreementRefusal: self = .refused
    case let error as Problem: self = Self.kind(error)
    case let error as StoreError: self = Self.kind(error)
    case let error as CardMemoryError: self = Self.kind(error)
    case let error as CircleFilesError: self = Self.kind(error)
    case AuCError.unknownSubscriber, AuCError.unknownChange: self = .noInput
    case CustomerError.unknownSubscriber, CustomerError.unknownSubscription, CustomerError.unknownService,
      CustomerError.unknownPool, CustomerError.unknownNumber, CustomerError.unknownSIM:
      self = .noInput
    case MoveError.unknownMove, MoveError.unknownAlarm, MoveError.unknownTicket: self = .noInput
    case MoveError.notAllowed: self = .refused
    case is MoveError: self = .data
    case OrderError.unknownOrder, OrderError.unknownBulk, OrderError.unknownChange: self = .noInput
    case is ServerCredentials.Mismatch: self = .configuration
    case is SGP22.Refusal, is OrderDesk.Refused, is StatusWordError, is NetworkAttachment.Refusal, is ChainError,
      is OsmoHLR.Refusal, is CardWriterError, is CardProblem, is OutOfService, is ChargingRefusal, is BlackListError,
      is SecureMessageError, is RegistrationRefusal, is DeviceError, is OfflineTerminal.Refusal:
      self = .refused
    case is SubscriberTransfer.Refused, ProvisioningError.notVerified: self = .refused
    case is ProvisioningError: self = .data
    case DealerListError.unknown: self = .noInput
    case is DealerListError, is ModelListError, is AuCError, is CustomerError, is OrderError, is InvalidIdentifier,
      is NotHex, is KeyError, is TLVError,
      is PackageError, is PersonalisationError, is ActivationCode.Problem, is RevocationError, is PEMError,
      is ModuleMakingError, is BatchModuleMakingError, is AuthorityError, is OrderImport.RowProblem, is PackageProblem,
      is IssuerError, is BillError:
      self = .data
    default: return nil
    }
  }

  private static func kind(_ error: LinkError) -> Self { error.kind == .untrusted ? .refused : .unavailable }

  private static func kind(_ problem: Problem) -> Self {
    switch problem {
    case .link(let error): kind(error)
    // The server is there, and not able to answer just now.
    case .serverFailed(_, let status) where status >= 500: .unavailable
    case .noServer: .usage
    case .recordDamaged: .data
    default: .refused
    }
  }

  private static func kind(_ error: StoreError) -> Self {
    switch error {
    case .busy, .conflict, .unknownOutcome: .temporary
    case .unavailable: .unavailable
    case .full: .noPermission
    case .schema, .misuse: .configuration
    case .duplicate, .constraint, .unexpected: .data
    case .failed: .noPermission
    }
  }

  private static func kind(_ error: CardMemoryError) -> Self {
    switch error {
    case .inUse: .temporary
    case .powerCut: .unavailable
    case .damaged: .data
    case .system: .noPermission
    }
  }

  private static func kind(_ error: CircleFilesError) -> Self {
    switch error {
    case .cannotRead, .cannotWrite, .cannotMake: .noPermission
    case .nothingThere: .noInput
    case .noAuthority: .configuration
    case .damaged, .alreadyThere, .refused: .data
    }
  }
}
