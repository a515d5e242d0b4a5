import Identifiers
import SGP22
import TLV
import Transport

/// A download that a restart interrupted (SGP.22 §3.1.3): finds out what the eUICC made of it, gives the old session up
/// and, unless the profile is installed, downloads it anew. The server gives the profile of an order that was not
/// refused again to the same eUICC. A download that was ended for good is not taken up: the server is told what the
/// eUICC signed, until it takes it, and the end is ``Problem/cancelled(_:)``.
public struct ResumedDownload: Procedure {
  /// How it ended.
  public enum Outcome: Equatable, Sendable {
    /// The eUICC had installed the profile; only its answer was lost.
    case alreadyInstalled(ICCID, StoreMetadataRequest)
    /// The profile was downloaded anew.
    case downloaded(ProfileDownload.Outcome)
  }

  private enum State: Sendable {
    case beginning
    case lookingForResult(TransactionId, StoreMetadataRequest)
    case lookingForProfile(TransactionId, StoreMetadataRequest)
    case cancelling(TransactionId)
    case reporting
    case deliveringCancellation(CancelSessionReason)
    case cancelled
    case downloading
  }

  private let old: DownloadRecord
  private var download: ProfileDownload
  private var state = State.beginning

  /// Takes up what `record` tells of; nil where the record is damaged.
  public init?(_ record: DownloadRecord, device: DeviceInfo) {
    guard let download = ProfileDownload(repeating: record, device: device) else { return nil }
    (old, self.download) = (record, download)
  }

  public var progress: Progress {
    if case .downloading = state { return download.progress }
    return Progress(activity: "looking what became of the last try", done: 0, total: 20)
  }

  public mutating func next(_ answer: Answer) throws(Problem) -> Step<Outcome> {
    switch state {
    case .beginning: return try begin()
    case .lookingForResult(let transaction, let metadata): return try findResult(transaction, metadata, answer)
    case .lookingForProfile(let transaction, let metadata):
      if case .ok(let profiles) = try answer.card(ES10c.GetProfilesInfo.self), !profiles.isEmpty {
        return .done(.alreadyInstalled(metadata.iccid, metadata))
      }
      return cancelOld(transaction)
    case .cancelling(let transaction): return try report(transaction, answer)
    case .reporting:
      // Whether the server took it or has forgotten the session: it is over on both sides.
      return try startAnew()
    case .deliveringCancellation(let reason): return try delivered(reason, answer)
    case .cancelled: throw .outOfTurn
    case .downloading: return try forward(download.next(answer))
    }
  }

  public mutating func unreachable(_ error: LinkError) throws(Problem) -> Step<Outcome> {
    switch state {
    // The server will forget the old session by itself.
    case .reporting: try startAnew()
    case .downloading: try forward(download.unreachable(error))
    default: throw .link(error)
    }
  }

  // MARK: Steps

  private mutating func begin() throws(Problem) -> Step<Outcome> {
    switch old.stage {
    case .inSession(let transaction):
      guard let transaction = TransactionId(transaction) else { return try startAnew() }
      return cancelOld(transaction)
    case .installing(let transaction, let metadata):
      guard let transaction = TransactionId(transaction), let metadata = try? StoreMetadataRequest(encoded: metadata)
      else { return try startAnew() }
      state = .lookingForResult(transaction, metadata)
      return .card(
        ES10b.RetrieveNotificationsList.self,
        ES10b.RetrieveNotificationsList.Request(
          searchCriteria: .profileManagementOperation([.notificationInstall])))
    case .cancelled:
      guard let (address, request) = old.cancellation, let reason = request.cancelSessionResponse.value.reason else {
        return try startAnew()
      }
      state = .deliveringCancellation(reason)
      return .server(ES9Plus.CancelSession.self, at: address, request)
    }
  }

  /// The server knows that the download is ended, or has forgotten the session: then its order is open still, and the
  /// person is asked again.
  private mutating func delivered(_ reason: CancelSessionReason, _ answer: Answer) throws(Problem) -> Step<Outcome> {
    guard let address = FQDN(old.address) else { throw .recordDamaged }
    do throws(Problem) {
      _ = try answer.server(ES9Plus.CancelSession.self, at: address)
    } catch {
      if case .refused = error { return try startAnew() }
      if error.leavesCancellationOpen { throw error }
    }
    state = .cancelled
    throw .cancelled(reason)
  }

  /// §3.1.3: the eUICC keeps the Profile Installation Result until it is delivered; it tells what became of the session.
  private mutating func findResult(
    _ transaction: TransactionId, _ metadata: StoreMetadataRequest, _ answer: Answer
  ) throws(Problem) -> Step<Outcome> {
    if case .ok(let notifications) = try answer.card(ES10b.RetrieveNotificationsList.self) {
      for case .profileInstallationResult(let signed) in notifications {
        let result = signed.value.profileInstallationResultData.value
        guard result.transactionId == transaction else { continue }
        switch result.finalResult {
        case .successResult: return .done(.alreadyInstalled(metadata.iccid, metadata))
        case .errorResult(let error):
          throw .notInstalled(error.bppCommandId, error.errorReason, simaResponse: error.simaResponse)
        }
      }
    }
    // The result may have been delivered already: the profile itself is the proof.
    state = .lookingForProfile(transaction, metadata)
    return .card(
      ES10c.GetProfilesInfo.self, ES10c.GetProfilesInfo.Request(searchCriteria: .iccid(metadata.iccid), tagList: [0x5A])
    )
  }

  /// §3.0.2: with the reason 'timeout' the server keeps the order for another try.
  private mutating func cancelOld(_ transaction: TransactionId) -> Step<Outcome> {
    state = .cancelling(transaction)
    return .card(
      ES10b.CancelSession.self, ES10b.CancelSession.Request(transactionId: transaction, reason: .timeout))
  }

  private mutating func report(_ transaction: TransactionId, _ answer: Answer) throws(Problem) -> Step<Outcome> {
    // An eUICC that lost power has forgotten the session and signs nothing; then there is nothing to tell.
    guard case .card(let bytes) = answer, let element = try? TLVElement(bytes),
      let response = try? Verbatim<ES10b.CancelSession.Response>(element), case .ok = response.value,
      let address = FQDN(old.address)
    else { return try startAnew() }
    state = .reporting
    return .server(
      ES9Plus.CancelSession.self, at: address,
      ES9Plus.CancelSession.Request(transactionId: transaction, cancelSessionResponse: response))
  }

  private mutating func startAnew() throws(Problem) -> Step<Outcome> {
    state = .downloading
    return try forward(download.next(.begin))
  }

  private func forward(_ step: Step<ProfileDownload.Outcome>) -> Step<Outcome> {
    switch step {
    case .card(let object): .card(object)
    case .server(let call): .server(call)
    case .ask(let question): .ask(question)
    case .done(let outcome): .done(.downloaded(outcome))
    }
  }
}

extension ResumedDownload {
  /// The old record until the new download has taken its place, or the server knows that the old one is over.
  public var record: DownloadRecord? {
    switch state {
    // Until there is a new session the old one is what can be taken up, unless the server has said that it is over.
    case .downloading where download.transactionId == nil: old.isCancelled ? nil : old
    case .downloading: download.record
    case .cancelled: nil
    default: old
    }
  }

  public mutating func cancel(_ reason: CancelSessionReason, after problem: Problem) -> Step<Outcome>? {
    guard case .downloading = state else { return nil }
    return download.cancel(reason, after: problem).map(forward)
  }
}
