import Bytes
import CircleOfTrust
import Identifiers
import Keys
import SGP22
import SecureChannel
import TLV

/// Takes a bound profile package in, piece by piece (SGP.22 §2.5.5, §5.5, §5.7.6), up to the profile elements in clear.
final class PackageLoader {
  /// What the loader needs to know of the card.
  struct Card {
    let eid: EID
    /// otSK.EUICC.ECKA.
    let oneTimeKey: PrivateKey
    let policy: ProfilePolicy
    /// The most bytes of profile elements that may come.
    let packageLimit: Int
  }

  /// Which command failed, and why.
  struct Failure: Error {
    let command: BppCommandId
    let reason: ErrorReason
    var simaResponse: [UInt8]?
  }

  /// What comes next; the numbers are bytes that are still to come of a sequence.
  private enum Phase {
    case package
    case configureISDP
    case metadataHeader
    case metadata(Int)
    case replaceSessionKeys
    case elementsHeader
    case elements(Int)
    case complete
  }

  let prepared: Session.Prepared
  private let card: Card
  private var phase = Phase.package
  /// Bytes of the package that are still to come.
  private var remaining = 0
  private var receiver: BSP.Receiver?
  private var collected: [UInt8] = []
  private(set) var configuration: ConfigureISDPRequest?
  private(set) var metadata: StoreMetadataRequest?
  /// The profile elements in clear, when everything has come.
  private(set) var package: [UInt8]?

  init(_ prepared: Session.Prepared, card: Card) { (self.prepared, self.card) = (prepared, card) }

  /// Takes the next piece: it begins and ends where a data object, or the header of a sequence, does.
  func take(_ piece: [UInt8]) throws(Failure) {
    var reader = TLVReader(piece)
    while !reader.isAtEnd { try step(&reader) }
  }

  private func step(_ reader: inout TLVReader) throws(Failure) {
    let command = command
    do {
      let before = reader.remaining.count
      switch phase {
      case .package: try initialiseSecureChannel(&reader)
      case .configureISDP:
        try configureISDP(open(reader.element(0xA0), as: .command))
        phase = .metadataHeader
      case .metadataHeader: phase = .metadata(try header(0xA1, &reader))
      case .metadata(let left):
        collected += try segment(&reader, as: .metadata)
        try count(before - reader.remaining.count, of: left, next: Phase.metadata)
      case .replaceSessionKeys:
        if let element = try reader.elementIfPresent(0xA2) { try replaceSessionKeys(open(element, as: .command)) }
        phase = .elementsHeader
      case .elementsHeader: phase = .elements(try header(0xA3, &reader))
      case .elements(let left):
        collected += try segment(&reader, as: .profile)
        guard collected.count <= card.packageLimit else {
          throw Failure(command: command, reason: .installFailedDueToInsufficientMemoryForProfile)
        }
        try count(before - reader.remaining.count, of: left, next: Phase.elements)
      case .complete: throw TLVError.trailing
      }
      if before != reader.remaining.count, command != .initialiseSecureChannel {
        remaining -= before - reader.remaining.count
      }
      // The package ends where its elements do.
      guard isComplete ? remaining == 0 : remaining > 0 else { throw TLVError.trailing }
    } catch let failure as Failure {
      throw failure
    } catch let error as BSPError {
      throw Failure(
        command: command, reason: error.isSecurityError ? .scp03tSecurityError : .scp03tStructureError)
    } catch {
      throw Failure(command: command, reason: .scp03tStructureError)
    }
  }

  private var isComplete: Bool { if case .complete = phase { true } else { false } }

  /// The command that the next piece belongs to.
  private var command: BppCommandId {
    switch phase {
    case .package: .initialiseSecureChannel
    case .configureISDP: .configureISDP
    case .metadataHeader, .metadata: .storeMetadata
    case .replaceSessionKeys: .replaceSessionKeys
    case .elementsHeader, .elements, .complete: .loadProfileElements
    }
  }

  // MARK: Segments

  private func header(_ tag: TLVTag, _ reader: inout TLVReader) throws(TLVError) -> Int {
    let header = try reader.header()
    guard header.tag == tag, header.length > 0, header.length <= remaining else {
      throw .missing(wanted: tag, found: header.tag)
    }
    return header.length
  }

  private func segment(_ reader: inout TLVReader, as tag: BSP.Tag) throws -> [UInt8] {
    let element = try reader.element()
    guard var open = receiver else { throw BSPError.unusable }
    receiver = nil
    let data = try open.open(element.encoded, as: tag)
    receiver = open
    return data
  }

  /// The data in all segments of a sequence.
  private func open(_ sequence: TLVElement, as tag: BSP.Tag) throws -> [UInt8] {
    var reader = TLVReader(sequence.content)
    var data: [UInt8] = []
    while !reader.isAtEnd { data += try segment(&reader, as: tag) }
    return data
  }

  /// Counts down a sequence; at its end its data are used.
  private func count(_ bytes: Int, of left: Int, next: (Int) -> Phase) throws {
    guard bytes <= left else { throw TLVError.truncated }
    guard bytes == left else {
      phase = next(left - bytes)
      return
    }
    let data = collected
    collected = []
    if case .metadata = phase {
      try storeMetadata(data)
      phase = .replaceSessionKeys
    } else {
      package = data
      phase = .complete
    }
  }

  // MARK: Commands

  /// SGP.22 §5.5.1.
  private func initialiseSecureChannel(_ reader: inout TLVReader) throws {
    let header = try reader.header()
    guard header.tag == BoundProfilePackage.tag else {
      throw TLVError.missing(wanted: BoundProfilePackage.tag, found: header.tag)
    }
    let element = try reader.element(InitialiseSecureChannelRequest.tag)
    remaining = header.length - element.encoded.count
    guard let request = try? Verbatim<InitialiseSecureChannelRequest>(element) else {
      throw refusal(.incorrectInputValues)
    }
    let value = request.value
    // The eUICC SHALL verify smdpSign with PK.DPpb.ECDSA.
    let toBeSigned = request.toBeSigned(with: prepared.euiccOtpk)
    guard prepared.binding.publicKey.verifies(value.smdpSign, over: toBeSigned) else {
      throw refusal(.invalidSignature)
    }
    guard value.transactionId == prepared.authenticated.transactionId else { throw refusal(.invalidTransactionId) }
    guard value.remoteOpId == InitialiseSecureChannelRequest.installBoundProfilePackage else {
      throw refusal(.unsupportedRemoteOperationType)
    }
    let template = value.controlRefTemplate
    guard template.keyType == ControlRefTemplate.aes, template.keyLen == ControlRefTemplate.sixteenBytes else {
      throw refusal(.unsupportedCrtValues)
    }
    guard let peer = try? PublicKey(card.oneTimeKey.curve, point: value.smdpOtpk),
      let secret = try? card.oneTimeKey.agree(with: peer),
      let keys = try? BSP.SessionKeys(sharedSecret: secret, hostId: template.hostId, eid: card.eid)
    else { throw refusal(.incorrectInputValues) }
    receiver = BSP.Receiver(keys: keys)
    phase = .configureISDP
  }

  private func refusal(_ reason: ErrorReason) -> Failure { Failure(command: command, reason: reason) }

  /// SGP.22 §5.5.2.
  private func configureISDP(_ data: [UInt8]) throws {
    guard let request = try? ConfigureISDPRequest(encoded: data) else { throw refusal(.incorrectInputValues) }
    // The eUICC SHALL verify that dpOid is the OID in CERT.DPpb.ECDSA.
    if let dpOid = request.dpProprietaryData?.value.dpOid, dpOid != prepared.binding.oid {
      throw refusal(.incorrectInputValues)
    }
    configuration = request
  }

  /// SGP.22 §5.5.3.
  private func storeMetadata(_ data: [UInt8]) throws {
    guard let request = try? StoreMetadataRequest(encoded: data) else { throw refusal(.incorrectInputValues) }
    metadata = request
    if let objection = card.policy.objection(to: request) { throw refusal(objection) }
  }

  /// SGP.22 §5.5.4.
  private func replaceSessionKeys(_ data: [UInt8]) throws {
    guard let request = try? ReplaceSessionKeysRequest(encoded: data),
      let keys = try? BSP.SessionKeys(
        sENC: request.ppkEnc, sMAC: request.ppkCmac, initialMACChainingValue: Secret(request.initialMacChainingValue))
    else { throw refusal(.incorrectInputValues) }
    receiver?.replaceKeys(keys)
  }
}
