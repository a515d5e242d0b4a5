import Identifiers
import SGP22
import TLV
import Transport

/// SGP.22 §3.1.3 Profile download and installation, as the LPA sees it.
public struct ProfileDownload: Procedure {
  /// A profile that was installed.
  public struct Outcome: Sendable, Equatable {
    /// The profile's number.
    public let iccid: ICCID
    /// Its description.
    public let metadata: StoreMetadataRequest
    /// The notification that tells the SM-DP+; the eUICC keeps it until it is delivered.
    public let notification: NotificationMetadata
  }

  /// What the server offers, and what the eUICC has still to check of it.
  private struct Offer: Sendable {
    let transactionId: TransactionId
    let metadata: StoreMetadataRequest
    let request: ES10b.PrepareDownload.Request
    /// Policy rules of the profile that bind the person.
    var policyRules: [ProfilePolicyRule] {
      [.ppr1, .ppr2].filter { metadata.profilePolicyRules?.contains($0) == true }
    }
  }

  private enum State: Sendable {
    case authenticating
    case readingRules(Offer)
    case consenting(Offer)
    case preparing(Offer)
    case fetching(Offer)
    case loading(Offer, segments: [[UInt8]], next: Int)
    case cancelling(TransactionId, Problem)
    case reportingCancellation(ES9Plus.CancelSession.Request, Problem)
    case cancelled
  }

  private let address: FQDN
  private let wantsConfirmationCode: Bool
  private var authentication: CommonMutualAuthentication<ES9Plus.AuthenticateClient>
  private var state = State.authenticating

  /// A download by activation code.
  public init(_ code: ActivationCode, device: DeviceInfo) {
    self.init(
      address: code.smdpAddress, matchingId: code.matchingId, oid: code.smdpOid,
      wantsConfirmationCode: code.confirmationCodeRequired, device: device)
  }

  /// A download from the default SM-DP+, or of an event that an SM-DS told of: `matchingId` is empty or the EventID.
  public init(
    address: FQDN, matchingId: String, oid: OID? = nil, wantsConfirmationCode: Bool = false, device: DeviceInfo
  ) {
    (self.address, self.wantsConfirmationCode) = (address, wantsConfirmationCode)
    authentication = CommonMutualAuthentication(
      ES9Plus.InitiateAuthentication.self, at: address, expectedOid: oid,
      context: .ctxParamsForCommonAuthentication(
        CtxParamsForCommonAuthentication(matchingId: matchingId, deviceInfo: device)))
  }

  /// The session at the server; nil before it began.
  public var transactionId: TransactionId? { authentication.transactionId }

  public var progress: Progress {
    switch state {
    case .authenticating: Progress(activity: "authenticating", done: authentication.done, total: 20)
    case .readingRules, .consenting: Progress(activity: "waiting for consent", done: 5, total: 20)
    case .preparing: Progress(activity: "preparing", done: 6, total: 20)
    case .fetching: Progress(activity: "downloading", done: 7, total: 20)
    case .loading(_, let segments, let next):
      Progress(activity: "installing", done: 8 * segments.count + 12 * next, total: 20 * max(1, segments.count))
    case .cancelling, .reportingCancellation, .cancelled: Progress(activity: "giving up", done: 20, total: 20)
    }
  }

  public mutating func next(_ answer: Answer) throws(Problem) -> Step<Outcome> {
    switch state {
    case .authenticating: return try authenticate(answer)
    case .readingRules(let offer):
      let table = try answer.card(ES10b.GetRAT.self).rat
      return checkRules(of: offer, against: table)
    case .consenting(let offer):
      guard case .person(let decision) = answer else { throw .outOfTurn }
      return prepare(offer, decision)
    case .preparing(let offer): return try fetch(offer, answer)
    case .fetching(let offer): return try receive(offer, answer)
    case .loading(let offer, let segments, let next): return try loaded(offer, segments, next, answer)
    case .cancelling(let transaction, let problem): return try report(transaction, problem, answer)
    case .reportingCancellation(_, let problem):
      // Taken or refused: the session is over on both sides. Anything else is no answer of the SM-DP+.
      if case .server(200...299, _) = answer { state = .cancelled }
      throw problem
    case .cancelled: throw .outOfTurn
    }
  }

  public mutating func unreachable(_ error: LinkError) throws(Problem) -> Step<Outcome> {
    // That the session was given up is what the person wants to know; the record keeps what the server must be told.
    if case .reportingCancellation(_, let problem) = state { throw problem }
    throw .link(error)
  }

  // MARK: Steps

  private mutating func authenticate(_ answer: Answer) throws(Problem) -> Step<Outcome> {
    switch try authentication.next(answer) {
    case .card(let bytes): return .card(bytes)
    case .server(let call): return .server(call)
    case .ask(let question): return .ask(question)
    case .done(let response):
      guard response.transactionId == authentication.transactionId,
        response.prepareDownloadRequest.smdpSigned2.value.transactionId == response.transactionId
      else { throw .otherTransaction(address) }
      let offer = Offer(
        transactionId: response.transactionId, metadata: response.profileMetadata.value,
        request: response.prepareDownloadRequest)
      if offer.policyRules.isEmpty { return ask(offer) }
      state = .readingRules(offer)
      return .card(ES10b.GetRAT.self, ES10b.GetRAT.Request())
    }
  }

  /// §3.1.3: "If the Profile contains PPRs, the LPAd SHALL check that they are allowed by the Rules Authorisation
  /// Table"; else the session ends with reason 'PPR not allowed'.
  private mutating func checkRules(of offer: Offer, against table: RulesAuthorisationTable) -> Step<Outcome> {
    var toConsentTo: [ProfilePolicyRule] = []
    for rule in offer.policyRules {
      guard let owner = offer.metadata.profileOwner, let authorisation = table.authorisation(of: rule, for: owner)
      else { return cancel(offer.transactionId, .pprNotAllowed, .policyNotAllowed) }
      // §2.9.2.1: consentRequired indicates that the End User consent is required for the rule.
      if authorisation.pprFlags.contains(.consentRequired) { toConsentTo.append(rule) }
    }
    return ask(offer, consentingTo: toConsentTo)
  }

  private mutating func ask(_ offer: Offer, consentingTo rules: [ProfilePolicyRule] = []) -> Step<Outcome> {
    state = .consenting(offer)
    return .ask(
      Question(
        metadata: offer.metadata, policyRules: offer.policyRules, rulesToConsentTo: rules,
        confirmationCodeRequired: offer.request.smdpSigned2.value.ccRequiredFlag || wantsConfirmationCode))
  }

  private mutating func prepare(_ offer: Offer, _ decision: Decision) -> Step<Outcome> {
    guard case .accept(let code) = decision else {
      let reason = decision.reason ?? .undefinedReason
      return cancel(offer.transactionId, reason, .cancelled(reason))
    }
    state = .preparing(offer)
    var request = offer.request
    // §5.7.5: hashCc is there only if ccRequiredFlag is set.
    if request.smdpSigned2.value.ccRequiredFlag, let code {
      request.hashCc = ConfirmationCode.hashCc(code, transactionId: offer.transactionId)
    }
    return .card(ES10b.PrepareDownload.self, request)
  }

  private mutating func fetch(_ offer: Offer, _ answer: Answer) throws(Problem) -> Step<Outcome> {
    guard case .card(let bytes) = answer else { throw .outOfTurn }
    let response: Verbatim<ES10b.PrepareDownload.Response>
    do { response = try Verbatim(TLVElement(bytes)) } catch { throw .cardMalformed("\(error)") }
    if case .error(let error) = response.value { throw .downloadNotPrepared(error.errorCode) }
    state = .fetching(offer)
    return .server(
      ES9Plus.GetBoundProfilePackage.self, at: address,
      ES9Plus.GetBoundProfilePackage.Request(transactionId: offer.transactionId, prepareDownloadResponse: response))
  }

  /// §3.1.3: a package that cannot be cut into pieces ends the session with 'Load BPP execution error', one whose
  /// metadata are not those that the person consented to with 'Metadata mismatch'.
  private mutating func receive(_ offer: Offer, _ answer: Answer) throws(Problem) -> Step<Outcome> {
    let response: ES9Plus.GetBoundProfilePackage.Response
    do throws(Problem) {
      response = try answer.server(ES9Plus.GetBoundProfilePackage.self, at: address)
    } catch {
      guard case .serverMalformed = error else { throw error }
      return cancel(offer.transactionId, .loadBppExecutionError, error)
    }
    let package = response.boundProfilePackage
    guard response.transactionId == offer.transactionId else {
      return cancel(offer.transactionId, .loadBppExecutionError, .otherTransaction(address))
    }
    guard package.value.metadata == offer.metadata else {
      return cancel(offer.transactionId, .metadataMismatch, .otherMetadata(address))
    }
    return load(offer, package.segments, 0)
  }

  /// §5.7.6: each piece of the package is one function of the eUICC.
  private mutating func load(_ offer: Offer, _ segments: [[UInt8]], _ next: Int) -> Step<Outcome> {
    state = .loading(offer, segments: segments, next: next + 1)
    return .card(segments[next])
  }

  private mutating func loaded(
    _ offer: Offer, _ segments: [[UInt8]], _ next: Int, _ answer: Answer
  ) throws(Problem) -> Step<Outcome> {
    guard case .card(let bytes) = answer else { throw .outOfTurn }
    if bytes.isEmpty {
      guard next < segments.count else { throw .cardMalformed("the installation result is missing") }
      return load(offer, segments, next)
    }
    // §5.7.6: a ProfileInstallationResult comes with the last piece, or as soon as one is refused.
    let result: ProfileInstallationResultData
    do {
      result = try ProfileInstallationResult(encoded: bytes).profileInstallationResultData.value
    } catch { throw .cardMalformed("\(error)") }
    switch result.finalResult {
    case .successResult:
      return .done(
        Outcome(iccid: offer.metadata.iccid, metadata: offer.metadata, notification: result.notificationMetadata))
    case .errorResult(let error):
      throw .notInstalled(error.bppCommandId, error.errorReason, simaResponse: error.simaResponse)
    }
  }

  // MARK: Cancelling

  private mutating func cancel(
    _ transaction: TransactionId, _ reason: CancelSessionReason, _ problem: Problem
  ) -> Step<Outcome> {
    state = .cancelling(transaction, problem)
    return .card(
      ES10b.CancelSession.self, ES10b.CancelSession.Request(transactionId: transaction, reason: reason))
  }

  /// §3.0.2: what the eUICC signed is told to the server.
  private mutating func report(
    _ transaction: TransactionId, _ problem: Problem, _ answer: Answer
  ) throws(Problem) -> Step<Outcome> {
    guard case .card(let bytes) = answer else { throw .outOfTurn }
    guard let element = try? TLVElement(bytes),
      let response = try? Verbatim<ES10b.CancelSession.Response>(element), case .ok = response.value
    else { throw problem }
    let request = ES9Plus.CancelSession.Request(transactionId: transaction, cancelSessionResponse: response)
    state = .reportingCancellation(request, problem)
    return .server(ES9Plus.CancelSession.self, at: address, request)
  }
}

extension ProfileDownload {
  /// What to keep so that a restart can take the download up; nil before a server
  /// has begun a session, and when the server knows that it is over.
  public var record: DownloadRecord? {
    if case .cancelled = state { return nil }
    guard let session = transactionId else { return nil }
    let stage: DownloadRecord.Stage =
      switch state {
      case .reportingCancellation(let request, _)
      where request.cancelSessionResponse.value.reason?.endsOrder == true:
        .cancelled(transactionId: request.transactionId.bytes, response: request.cancelSessionResponse.encoded)
      case .loading(let offer, _, _):
        .installing(transactionId: offer.transactionId.bytes, metadata: offer.metadata.encoded)
      default: .inSession(transactionId: session.bytes)
      }
    return DownloadRecord(
      address: address.description, matchingId: authentication.context.common?.matchingId ?? "",
      oid: authentication.expectedOid?.description, confirmationCodeRequired: wantsConfirmationCode, stage: stage)
  }

  /// Gives the session up with a reason that the eUICC signs (SGP.22 §3.0.2) and ends with `problem`; before there is
  /// a session, nothing is to be done and nil comes back.
  public mutating func cancel(_ reason: CancelSessionReason, after problem: Problem) -> Step<Outcome>? {
    switch state {
    case .readingRules(let offer), .consenting(let offer), .preparing(let offer), .fetching(let offer),
      .loading(let offer, _, _):
      cancel(offer.transactionId, reason, problem)
    case .authenticating:
      // The eUICC signs for a session that it has authenticated; before, it knows none and says so.
      transactionId.map { cancel($0, reason, problem) }
    case .cancelling, .reportingCancellation, .cancelled: nil
    }
  }
}

extension BoundProfilePackage {
  /// The metadata in the segments 88, which are protected but not encrypted: each ends in 8 bytes of MAC (SGP.22 §2.5.4,
  /// §5.5.3); nil where they are none.
  var metadata: StoreMetadataRequest? {
    var bytes: [UInt8] = []
    for segment in sequenceOf88 {
      guard let content = (try? TLVElement(segment))?.content, content.count >= 8 else { return nil }
      bytes += content.dropLast(8)
    }
    return try? StoreMetadataRequest(encoded: bytes)
  }
}
