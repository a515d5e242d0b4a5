import Bytes
import Identifiers
import Keys
import MutualAuthentication
import ProfileFactory
import SGP22
import Stations
import Store
import TLV

// SGP.22 §3.1.3: Profile download and installation, as the SM-DP+ sees it.

extension Desk {
  /// SGP.22 §5.6.2 ES9+.GetBoundProfilePackage: the profile is bound to the eUICC's one-time key.
  public func getBoundProfilePackage(
    _ request: ES9Plus.GetBoundProfilePackage.Request, given: Given, in reader: any Reader
  ) throws -> Decision<ES9Plus.GetBoundProfilePackage.Response> {
    let digest = sha256(request.prepareDownloadResponse.encoded)
    let correlation = request.transactionId.description
    guard var session = try authentication.sessions.session(request.transactionId, at: given.now, in: reader) else {
      return .refuse(Refusal.transactionUnknown.because("no such session"), correlation: correlation)
    }
    if session.isRepetition(digest) {
      switch session.state {
      case .authenticated(.delivered(let delivered)):
        return try deliverAgain(delivered, in: session, reader)
      case .ended(let refusal?): return Decision(.failure(refusal), correlation: correlation)
      default: break
      }
    }
    guard case .authenticated(.offered(let state)) = session.state else {
      return .refuse(Refusal.transactionUnknown.because("the session is not at this point"), correlation: correlation)
    }
    do {
      let signed = try verify(request.prepareDownloadResponse.value, of: session, state)
      guard let order = try OrderBook.order(state.iccid, in: reader) else {
        throw Refusal.providerFailed.because("the order \(state.iccid) is gone")
      }
      try check(order, for: state.peer, now: given.now)
      try checkConfirmationCode(signed, of: order, transactionId: session.transactionId)
      let (package, bound) = try bind(order, to: signed, state, given: given, in: reader)
      session.go(
        to: .authenticated(.delivered(.init(peer: state.peer, issuer: state.issuer, iccid: order.iccid))),
        request: digest)
      session.expiry = given.now + settings.notificationPatience
      let response = ES9Plus.GetBoundProfilePackage.Response(
        transactionId: session.transactionId, boundProfilePackage: package)
      var decision = Decision(
        .success(response), correlation: correlation,
        changes: [SessionChange.updated(session)] + (try deliver(order, bound, to: state.peer, now: given.now)))
      decision.recordedAnswer = Array(
        "{\"transactionId\":\"\(correlation)\",\"boundProfilePackage\":\"\(package.encoded.count) bytes\"}".utf8)
      return decision
    } catch let denial as Denial {
      session.go(to: .ended(denial.refusal), request: digest)
      return .refuse(denial, correlation: correlation, [SessionChange.updated(session)])
    } catch let fault as OrderFault {
      session.go(to: .ended(fault.denial.refusal), request: digest)
      return .refuse(
        fault.denial, correlation: correlation,
        [SessionChange.updated(session)] + fail(fault, by: state.peer, at: .bppDownload, now: given.now))
    } catch let refused as CodeRefused {
      session.go(to: .ended(refused.denial.refusal), request: digest)
      return .refuse(
        refused.denial, correlation: correlation,
        [SessionChange.updated(session)] + count(refused, by: state.peer, now: given.now))
    }
  }

  /// Verifies what the eUICC signed for the download.
  private func verify(
    _ response: ES10b.PrepareDownload.Response, of session: Session<DownloadCourse>, _ state: DownloadCourse.Offered
  ) throws(Denial) -> EUICCSigned2 {
    let ok: PrepareDownloadResponseOk
    switch response {
    case .ok(let value): ok = value
    case .error(let error):
      throw Refusal.euiccSignatureInvalid.because("the eUICC refused the download: \(error.errorCode)")
    }
    // SGP.22 §5.6.2: verify the eUICC signature (euiccSignature2) over euiccSigned2 and smdpSignature2.
    guard
      state.peer.key.verifies(
        ok.euiccSignature2, over: ok.euiccSigned2.toBeSigned(with: state.smdpSignature2))
    else { throw Refusal.euiccSignatureInvalid.because("euiccSignature2 is wrong") }
    guard ok.euiccSigned2.value.transactionId == session.transactionId else {
      throw Refusal.transactionUnknown.because("euiccSigned2 bears another session")
    }
    return ok.euiccSigned2.value
  }

  // MARK: Confirmation code

  /// A confirmation code that counts as a try.
  private struct CodeRefused: Error {
    let denial: Denial
    let order: Order
  }

  /// SGP.22 §5.6.2: verify the received hashCc against SHA256(SHA256(Confirmation Code) | TransactionID).
  private func checkConfirmationCode(
    _ signed: EUICCSigned2, of order: Order, transactionId: TransactionId
  ) throws {
    guard let hash = order.terms.confirmationHash else { return }
    guard let hashCc = signed.hashCc else {
      throw Refusal.confirmationCodeMissing.because("\(order.iccid) needs a confirmation code")
    }
    let hashed: Secret
    do { hashed = try hash.opened(for: order.iccid, in: vault) } catch {
      throw Refusal.providerFailed.because("\(order.iccid): the hash of the confirmation code does not open: \(error)")
    }
    let expected = ConfirmationCode.hashCc(hashed: hashed, transactionId: transactionId)
    guard order.codeAttempts < order.terms.codeAttemptsAllowed, equalInConstantTime(hashCc, expected) else {
      let isLast = order.codeAttempts + 1 >= order.terms.codeAttemptsAllowed
      let refusal = isLast ? Refusal.confirmationCodeRetriesExceeded : .confirmationCodeRefused
      throw CodeRefused(
        denial: refusal.because("\(order.iccid): wrong confirmation code number \(order.codeAttempts + 1)"),
        order: order)
    }
  }

  /// The try is durable before the answer tells that it was wrong.
  private func count(_ refused: CodeRefused, by peer: AuthenticatedEUICC, now: Instant) -> [Change] {
    var order = refused.order
    order.codeAttempts += 1
    if order.codeAttempts >= order.terms.codeAttemptsAllowed { try? order.move(to: .error) }
    return [.updateOrder(from: refused.order, to: order, because: refused.denial.refusal.description)]
      + progress(order, eid: peer.eid, at: .confirmationFailure, .failed(refused.denial.refusal), now: now)
      + (order.state == .error ? withdrawEvent(order, now: now) : [])
  }

  // MARK: Binding

  /// The package for this eUICC's one-time key: the one that was made for it before, or a new one.
  private func bind(
    _ order: Order, to signed: EUICCSigned2, _ state: DownloadCourse.Offered, given: Given, in reader: any Reader
  ) throws -> (Verbatim<BoundProfilePackage>, new: BoundProfile?) {
    guard let credentials = credentials.first(where: { $0.issuer == state.issuer }) else {
      throw Refusal.providerFailed.because("our certificates under \(state.issuer) are gone")
    }
    let key = credentials.profileBindingKey
    if order.state == .downloaded {
      // SGP.22 §5.6.2: if bppEuiccOtpk equals euiccOtpk the package that was bound before SHALL be used.
      if let bound = try BoundProfileTable.profile(order.iccid, in: reader), bound.euiccOtpk == signed.euiccOtpk {
        return (try bound.package(transactionId: signed.transactionId, signedBy: key), nil)
      }
      guard settings.allowsNewBinding else {
        throw Refusal.rebindingRefused.because("\(order.iccid) is bound to another one-time key")
      }
    }
    let euiccOtpk: PublicKey
    // SGP.22 §5.7.5: the eUICC generates it with the parameters of CERT.DPpb, whichever curve it signs with itself.
    do { euiccOtpk = try PublicKey(key.curve, point: signed.euiccOtpk) } catch {
      throw Refusal.euiccSignatureInvalid.because("euiccOtpk: \(error)")
    }
    let contents: BoundProfile.Contents
    do {
      if settings.sealsProfiles, let sealer = credentials.sealer {
        let package = try packages.package(of: order, in: reader)
        contents = .package(
          try sealer.seal(package, of: order.iccid, for: state.peer.eid, now: given.now, random: given.random))
      } else {
        contents = try packages.contents(of: order, given: given, in: reader)
      }
    } catch let error as StoreError {
      throw error
    } catch {
      throw Refusal.providerFailed.because("\(order.iccid): the package cannot be made: \(error)")
    }
    let bound = try BoundProfile(
      contents, metadata: order.metadata, dpOid: credentials.oid, hostId: Array(credentials.oid.bytes.prefix(16)),
      eid: state.peer.eid, euiccOtpk: euiccOtpk, random: given.random)
    return (try bound.package(transactionId: signed.transactionId, signedBy: key), bound)
  }

  private func deliver(_ order: Order, _ bound: BoundProfile?, to peer: AuthenticatedEUICC, now: Instant) throws
    -> [Change]
  {
    var delivered = order
    delivered.eid = peer.eid
    try delivered.move(to: .downloaded)
    return [.updateOrder(from: order, to: delivered, because: "GetBoundProfilePackage")]
      + (bound.map { [.keepBound(order.iccid, $0)] } ?? [])
      + progress(delivered, eid: peer.eid, at: .bppDownload, .executedSuccess, now: now)
  }

  /// The answer was lost: the same package again.
  private func deliverAgain(
    _ delivered: DownloadCourse.Delivered, in session: Session<DownloadCourse>, _ reader: any Reader
  ) throws -> Decision<ES9Plus.GetBoundProfilePackage.Response> {
    guard let bound = try BoundProfileTable.profile(delivered.iccid, in: reader),
      let credentials = credentials.first(where: { $0.issuer == delivered.issuer })
    else {
      return .refuse(
        Refusal.transactionUnknown.because("the package of \(delivered.iccid) is no longer kept"),
        correlation: session.transactionId.description)
    }
    let package = try bound.package(
      transactionId: session.transactionId, signedBy: credentials.profileBindingKey)
    return Decision(
      .success(.init(transactionId: session.transactionId, boundProfilePackage: package)),
      correlation: session.transactionId.description)
  }
}
