import Bytes
import CircleOfTrust
import EUICC
import Identifiers
import Keys
import SGP22
import SecureChannel
import TLV
import TestSupport
import Testing

/// An SM-DP+ that plays by the book, with its hands free to cheat.
struct TestServer {
  let world: TestCircle
  let auth: TestCircle.Party
  let binding: TestCircle.Party
  let random = SeededRandomSource(seed: Array("server".utf8))
  var transactionId = TransactionId([0xA1, 0xB2, 0xC3, 0xD4])
  var address = TestCircle.address
  /// What the server signs in addition to the truth.
  var corruptsSignature1 = false
  var corruptsSignature2 = false

  init(_ world: TestCircle) throws {
    self.world = world
    auth = try world.issue(.dpAuthentication(world.oid))
    binding = try world.issue(.dpProfileBinding(world.oid))
  }

  private func identifier() throws -> TransactionId { try #require(transactionId) }

  // MARK: Authentication

  func authenticateServerRequest(_ challenge: [UInt8], by party: TestCircle.Party? = nil, ciPKId: KeyIdentifier? = nil)
    throws -> ES10b.AuthenticateServer.Request
  {
    let party = party ?? auth
    let signed = Verbatim(
      ServerSigned1(
        transactionId: try identifier(), euiccChallenge: challenge, serverAddress: address,
        serverChallenge: random.bytes(16)), tag: .sequence)
    var signature = try party.key.sign(signed.encoded)
    if corruptsSignature1 { signature[5] ^= 1 }
    return ES10b.AuthenticateServer.Request(
      serverSigned1: signed, serverSignature1: signature, euiccCiPKIdToBeUsed: ciPKId ?? world.ciPKId,
      serverCertificate: party.certificate,
      ctxParams1: .ctxParamsForCommonAuthentication(
        CtxParamsForCommonAuthentication(matchingId: "A-1", deviceInfo: DeviceInfo(tac: [0x35, 0x29, 0x06, 0x11]))))
  }

  func authenticate(_ card: TestCard) throws -> AuthenticateResponseOk {
    let request = try authenticateServerRequest(card.challenge())
    return try #require(try card.call(ES10b.AuthenticateServer.self, request).success)
  }

  // MARK: Preparation

  func prepareDownloadRequest(
    after ok: AuthenticateResponseOk, by party: TestCircle.Party? = nil, transactionId: TransactionId? = nil,
    bppEuiccOtpk: [UInt8]? = nil, ccRequired: Bool = false, hashCc: [UInt8]? = nil
  ) throws -> ES10b.PrepareDownload.Request {
    let party = party ?? binding
    let signed = Verbatim(
      SmdpSigned2(
        transactionId: try transactionId ?? identifier(), ccRequiredFlag: ccRequired, bppEuiccOtpk: bppEuiccOtpk),
      tag: .sequence)
    var signature = try party.key.sign(signed.toBeSigned(with: ok.euiccSignature1))
    if corruptsSignature2 { signature[60] ^= 0x80 }
    return ES10b.PrepareDownload.Request(
      smdpSigned2: signed, smdpSignature2: signature, hashCc: hashCc, smdpCertificate: party.certificate)
  }

  /// Authenticates and prepares; the eUICC's one-time public key.
  func prepare(_ card: TestCard, bppEuiccOtpk: [UInt8]? = nil) throws -> [UInt8] {
    let ok = try authenticate(card)
    let request = try prepareDownloadRequest(after: ok, bppEuiccOtpk: bppEuiccOtpk)
    return try #require(try card.call(ES10b.PrepareDownload.self, request).success).euiccSigned2.value.euiccOtpk
  }

  // MARK: The package

  /// What goes into a package, and what is wrong with it.
  struct Contents {
    var metadata: StoreMetadataRequest
    var package: [UInt8]
    var configuration: [UInt8]
    var usesPPK = false
    var transactionId: TransactionId?
    var remoteOpId = 1
    var template = ControlRefTemplate(hostId: [1, 2, 3])
    var signer: PrivateKey?
    var smdpOtpk: [UInt8]?
    /// Changes a finished segment: its sequence (A0 to A3), its place in it and its bytes.
    var change: (UInt8, Int, [UInt8]) -> [UInt8] = { $2 }
  }

  func contents(_ iccid: ICCID, package: [UInt8]? = nil, change: (inout StoreMetadataRequest) -> Void = { _ in })
    throws -> Contents
  {
    var metadata = StoreMetadataRequest(
      iccid: iccid, serviceProviderName: "Test operator", profileName: "Test profile",
      notificationConfigurationInfo: [
        NotificationConfigurationInformation(
          profileManagementOperation: [.notificationEnable, .notificationDisable, .notificationDelete],
          notificationAddress: TestCircle.address)
      ], profileOwner: OperatorID(mccMnc: [0x00, 0xF1, 0x10]))
    change(&metadata)
    return Contents(
      metadata: metadata, package: package ?? SampleInstaller.package(iccid),
      configuration: ConfigureISDPRequest(dpOid: world.oid).encoded)
  }

  func bind(_ contents: Contents, to euiccOtpk: [UInt8], eid: EID) throws -> Verbatim<BoundProfilePackage> {
    let oneTime = PrivateKey(binding.certificate.publicKey.curve, random: random)
    func request(_ signature: [UInt8]) throws -> Verbatim<InitialiseSecureChannelRequest> {
      Verbatim(
        InitialiseSecureChannelRequest(
          remoteOpId: contents.remoteOpId, transactionId: try contents.transactionId ?? identifier(),
          controlRefTemplate: contents.template, smdpOtpk: contents.smdpOtpk ?? oneTime.publicKey.point,
          smdpSign: signature))
    }
    let signature = try (contents.signer ?? binding.key).sign(request([]).toBeSigned(with: euiccOtpk))
    let secret = try oneTime.agree(with: PublicKey(oneTime.curve, point: euiccOtpk))
    var sender = BSP.Sender(
      keys: try BSP.SessionKeys(sharedSecret: secret, hostId: contents.template.hostId, eid: eid))
    func changed(_ sequence: UInt8, _ segments: [[UInt8]]) -> [[UInt8]] {
      segments.enumerated().map { contents.change(sequence, $0.offset, $0.element) }
    }
    let first = try sender.protect(contents.configuration, as: .command)
    let metadata = try sender.protect(contents.metadata.encoded, as: .metadata)
    var second: [[UInt8]]?
    if contents.usesPPK {
      let keys = try BSP.SessionKeys(random: random)
      second = try sender.protect(
        ReplaceSessionKeysRequest(
          initialMacChainingValue: keys.initialMACChainingValue.bytes, ppkEnc: keys.sENC, ppkCmac: keys.sMAC
        ).encoded, as: .command)
      sender.replaceKeys(keys)
    }
    let elements = try sender.protect(contents.package, as: .profile)
    return Verbatim(
      BoundProfilePackage(
        initialiseSecureChannelRequest: try request(signature), firstSequenceOf87: changed(0xA0, first),
        sequenceOf88: changed(0xA1, metadata), secondSequenceOf87: second.map { changed(0xA2, $0) },
        sequenceOf86: changed(0xA3, elements)))
  }

  /// Gives the package to the card piece by piece; the installation result.
  static func load(_ package: Verbatim<BoundProfilePackage>, into card: TestCard) throws
    -> ProfileInstallationResult
  {
    for piece in package.segments {
      let response = try card.storeData(piece)
      #expect(response.status.isSuccess, "\(response.status) to \(piece.prefix(8).hex)")
      if !response.data.isEmpty { return try ProfileInstallationResult(encoded: response.data) }
    }
    throw TLVError.truncated
  }

  /// A whole download.
  @discardableResult func download(_ contents: Contents, into card: TestCard) throws -> ProfileInstallationResult {
    let otpk = try prepare(card)
    let eid = try card.call(ES10c.GetEID.self, .init()).eidValue
    return try Self.load(bind(contents, to: otpk, eid: eid), into: card)
  }
}

extension Outcome {
  var success: Function.Ok? { if case .ok(let ok) = self { ok } else { nil } }
  var failure: Function.Failure? { if case .error(let error) = self { error } else { nil } }
}

extension ProfileInstallationResult {
  var data: ProfileInstallationResultData { profileInstallationResultData.value }
  var success: SuccessResult? { if case .successResult(let result) = data.finalResult { result } else { nil } }
  var error: ErrorResult? { if case .errorResult(let result) = data.finalResult { result } else { nil } }
}
