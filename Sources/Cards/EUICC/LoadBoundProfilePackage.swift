import APDU
import Bytes
import CircleOfTrust
import Identifiers
import SGP22
import SecureElement
import TLV

/// ES10b.LoadBoundProfilePackage, as the eUICC sees it (SGP.22 §3.1.3.3, §5.7.6).
extension ISDR {
  /// The most bytes of profile elements that the card takes in.
  static let packageLimit = 1 << 20

  /// The first piece: the package's header with InitialiseSecureChannel.
  func beginLoading(_ piece: [UInt8], in exchange: Exchange) throws(StatusWordError) -> [UInt8] {
    let former = session
    session = .none
    guard case .prepared(let prepared) = former else { throw StatusWordError(.conditionsOfUse) }
    let records = CardRecords(exchange.memory)
    let constants = try records.constants()
    let key = records.oneTimeKeys.first { $0.point == prepared.euiccOtpk }
    guard let key = try? key?.unwrapped(by: vault) else { throw StatusWordError(.technicalProblem) }
    let loader = PackageLoader(
      prepared,
      card: PackageLoader.Card(
        eid: constants.eid, oneTimeKey: key,
        policy: ProfilePolicy(constants: constants, installed: records.profiles),
        packageLimit: min(Self.packageLimit, 2 * exchange.memory.freeBytes)))
    return try continueLoading(loader, piece, in: exchange)
  }

  /// A further piece; the answer to the last one, or to the one that is refused, is the installation result.
  func continueLoading(
    _ loader: PackageLoader, _ piece: [UInt8], in exchange: Exchange
  ) throws(StatusWordError) -> [UInt8] {
    session = .none
    do throws(PackageLoader.Failure) {
      try loader.take(piece)
      guard let package = loader.package else {
        session = .loading(loader)
        return []
      }
      return try install(package, loader, in: exchange)
    } catch {
      let result = ErrorResult(
        bppCommandId: error.command, errorReason: error.reason, simaResponse: error.simaResponse)
      return try conclude(loader, .errorResult(result), in: exchange)
    }
  }

  /// SGP.22 §5.5.5, §2.5.6: the profile and its notifications become durable together, or nothing does.
  private func install(
    _ package: [UInt8], _ loader: PackageLoader, in exchange: Exchange
  ) throws(PackageLoader.Failure) -> [UInt8] {
    func refusal(_ reason: ErrorReason, _ response: [UInt8]? = nil) -> PackageLoader.Failure {
      PackageLoader.Failure(command: .loadProfileElements, reason: reason, simaResponse: response)
    }
    let records = CardRecords(exchange.memory)
    guard let metadata = loader.metadata, let number = records.freeProfileNumber,
      let aid = InstalledProfile.aid(number: number)
    else { throw refusal(.installFailedDueToUnknownError) }
    let profile: InterpretedProfile
    do { profile = try installer.interpret(package) } catch { throw refusal(error.reason, error.simaResponse) }
    // The eUICC SHALL verify that the ICCID in the metadata is that of the profile header.
    guard profile.iccid == metadata.iccid else { throw refusal(.installFailedDueToIccidMismatch) }
    if metadata.profileClass == .test, !profile.hasTestKeysOnly {
      throw refusal(.testProfileInstallFailedDueToInvalidNaaKey)
    }
    do throws(StatusWordError) {
      let area = try exchange.create(profile.image)
      let installed = InstalledProfile(
        number: number, area: area, metadata: metadata,
        dpProprietaryData: loader.configuration?.dpProprietaryData?.value,
        ciPKId: loader.prepared.authenticated.ciPKId, seal: profile.seal)
      guard try mayUse(installed, in: exchange) else {
        exchange.delete(area)
        throw StatusWordError(.conditionsOfUse)
      }
      records.write(installed)
      let result = SuccessResult(aid: aid, simaResponse: profile.simaResponse)
      let answer = try conclude(loader, .successResult(result), in: exchange)
      Notifications(records).add(.notificationInstall, of: metadata, ciPKId: loader.prepared.authenticated.ciPKId)
      try exchange.memory.commit()
      return answer
    } catch {
      switch error.status {
      case .notEnoughMemory: throw refusal(.installFailedDueToInsufficientMemoryForProfile)
      // Its provider signed it for another eUICC or another subscriber.
      case .conditionsOfUse: throw refusal(.installFailedDueToPEProcessingError)
      default: throw refusal(.installFailedDueToUnknownError)
      }
    }
  }

  /// SGP.22 §2.5.6: the signed result, kept until the device has delivered it; the one-time key is used up.
  private func conclude(
    _ loader: PackageLoader, _ result: ProfileInstallationResultData.FinalResult, in exchange: Exchange
  ) throws(StatusWordError) -> [UInt8] {
    let records = CardRecords(exchange.memory)
    let trust = try CardTrust(records, circles)
    let server = loader.prepared.authenticated
    guard let identity = try trust.identity(server.ciPKId) else { throw StatusWordError(.technicalProblem) }
    records.oneTimeKeys = records.oneTimeKeys.filter { $0.point != loader.prepared.euiccOtpk }
    let seqNumber = records.nextSeqNumber
    records.nextSeqNumber = seqNumber + 1
    let data = Verbatim(
      ProfileInstallationResultData(
        transactionId: server.transactionId,
        notificationMetadata: NotificationMetadata(
          seqNumber: seqNumber, event: .notificationInstall, notificationAddress: server.serverAddress,
          iccid: loader.metadata?.iccid), smdpOid: loader.prepared.binding.oid, finalResult: result))
    let signature = try sign(data.encoded, under: identity, eid: trust.constants.eid)
    let signed = Verbatim(ProfileInstallationResult(profileInstallationResultData: data, euiccSignPIR: signature))
    records.write(StoredNotification.installation(signed), seqNumber: seqNumber)
    return signed.encoded
  }
}
