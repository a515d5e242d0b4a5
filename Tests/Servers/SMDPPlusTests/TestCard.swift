import Bytes
import CircleOfTrust
import Identifiers
import Keys
import SGP22
import SMDPPlus
import SecureChannel
import TLV
import TestSupport
import Testing
import Transport

/// A scripted eUICC and its device: says just what a test wants it to say.
struct TestCard {
  var certificate: Certificate
  var eum: Certificate
  var key: PrivateKey
  var eid: EID
  var issuer: KeyIdentifier
  var svn = VersionType(2, 5, 0)
  var freeMemory = 500_000
  var forbidden: PprIds?

  init(_ set: TestParties) throws {
    certificate = set.euicc
    eum = set.eum
    key = set.euiccKey
    eid = try #require(certificate.eid)
    issuer = try #require(eum.authorityKeyIdentifier)
  }

  var euiccInfo1: EUICCInfo1 {
    EUICCInfo1(svn: svn, euiccCiPKIdListForVerification: [issuer], euiccCiPKIdListForSigning: [issuer])
  }

  var euiccInfo2: EUICCInfo2 {
    var info = EUICCInfo2(
      profileVersion: VersionType(2, 3, 1), svn: svn, euiccFirmwareVer: VersionType(1, 0, 0),
      extCardResource: ExtCardResource(
        installedApplications: 0, freeNonVolatileMemory: freeMemory, freeVolatileMemory: 1000
      ).encoded,
      uiccCapability: [.usimSupport], rspCapability: [.additionalProfile], euiccCiPKIdListForVerification: [issuer],
      euiccCiPKIdListForSigning: [issuer], ppVersion: VersionType(1, 0, 0), sasAcreditationNumber: "test")
    info.forbiddenProfilePolicyRules = forbidden
    return info
  }

  // MARK: ES10b

  /// AuthenticateServer's answer to `server`.
  func authenticate(
    to server: ES9Plus.InitiateAuthentication.Response, matchingId: String?,
    transactionId: TransactionId? = nil, serverChallenge: [UInt8]? = nil, key: PrivateKey? = nil
  ) throws -> ES9Plus.AuthenticateClient.Request {
    let signed = Verbatim(
      EuiccSigned1(
        transactionId: transactionId ?? server.transactionId,
        serverAddress: server.serverSigned1.value.serverAddress,
        serverChallenge: serverChallenge ?? server.serverSigned1.value.serverChallenge, euiccInfo2: euiccInfo2,
        ctxParams1: .ctxParamsForCommonAuthentication(
          .init(matchingId: matchingId, deviceInfo: DeviceInfo(tac: [1, 2, 3, 4])))), tag: .sequence)
    let ok = AuthenticateResponseOk(
      euiccSigned1: signed, euiccSignature1: try (key ?? self.key).sign(signed.encoded),
      euiccCertificate: certificate, eumCertificate: eum)
    return .init(transactionId: server.transactionId, authenticateServerResponse: Verbatim(.ok(ok)))
  }

  /// PrepareDownload's answer to `offer`.
  func prepare(
    _ offer: ES9Plus.AuthenticateClient.Response, otpk: PublicKey, code: String? = nil,
    transactionId: TransactionId? = nil
  ) throws -> ES9Plus.GetBoundProfilePackage.Request {
    let request = offer.prepareDownloadRequest
    let transaction = transactionId ?? offer.transactionId
    let signed = Verbatim(
      EUICCSigned2(
        transactionId: transaction, euiccOtpk: otpk.point,
        hashCc: code.map { ConfirmationCode.hashCc(Secret(Array($0.utf8)), transactionId: transaction) }),
      tag: .sequence)
    let signature = try key.sign(signed.toBeSigned(with: request.smdpSignature2))
    return .init(
      transactionId: offer.transactionId,
      prepareDownloadResponse: Verbatim(
        .ok(PrepareDownloadResponseOk(euiccSigned2: signed, euiccSignature2: signature))))
  }

  /// Opens a bound package as the eUICC does, and gives the metadata and the profile package in it.
  func open(
    _ bound: Verbatim<BoundProfilePackage>, otsk: PrivateKey, transactionId: TransactionId, dpPb: PublicKey
  ) throws -> (metadata: [UInt8], package: [UInt8], configuration: [UInt8]) {
    let package = bound.value
    let channel = package.initialiseSecureChannelRequest
    #expect(channel.value.transactionId == transactionId)
    #expect(dpPb.verifies(channel.value.smdpSign, over: channel.toBeSigned(with: otsk.publicKey.point)))
    let keys = try BSP.SessionKeys(
      sharedSecret: otsk.agree(with: PublicKey(otsk.curve, point: channel.value.smdpOtpk)),
      hostId: channel.value.controlRefTemplate.hostId, eid: eid)
    var receiver = BSP.Receiver(keys: keys)
    let configuration = try package.firstSequenceOf87.flatMap { try receiver.open($0, as: .command) }
    let metadata = try package.sequenceOf88.flatMap { try receiver.open($0, as: .metadata) }
    if let second = package.secondSequenceOf87 {
      let request = try ReplaceSessionKeysRequest(encoded: second.flatMap { try receiver.open($0, as: .command) })
      receiver.replaceKeys(
        try BSP.SessionKeys(
          sENC: request.ppkEnc, sMAC: request.ppkCmac,
          initialMACChainingValue: Secret(request.initialMacChainingValue)))
    }
    let profile = try package.sequenceOf86.flatMap { try receiver.open($0, as: .profile) }
    return (metadata, profile, configuration)
  }

  /// The signed installation result.
  func result(
    _ transactionId: TransactionId, iccid: ICCID, number: Int, oid: OID?,
    _ final: ProfileInstallationResultData.FinalResult, key: PrivateKey? = nil
  ) throws -> ES9Plus.HandleNotification.Request {
    let data = Verbatim(
      ProfileInstallationResultData(
        transactionId: transactionId,
        notificationMetadata: NotificationMetadata(
          seqNumber: number, event: .notificationInstall, notificationAddress: Fixture.address, iccid: iccid),
        smdpOid: oid, finalResult: final))
    let result = ProfileInstallationResult(
      profileInstallationResultData: data, euiccSignPIR: try (key ?? self.key).sign(data.encoded))
    return .init(pendingNotification: .profileInstallationResult(Verbatim(result)))
  }

  /// The signed notification of another event.
  func notification(
    _ event: NotificationEvent, iccid: ICCID, number: Int, key: PrivateKey? = nil
  ) throws -> ES9Plus.HandleNotification.Request {
    let metadata = Verbatim(
      NotificationMetadata(
        seqNumber: number, event: event, notificationAddress: Fixture.address, iccid: iccid))
    let notification = OtherSignedNotification(
      tbsOtherNotification: metadata, euiccNotificationSignature: try (key ?? self.key).sign(metadata.encoded),
      euiccCertificate: certificate, eumCertificate: eum)
    return .init(pendingNotification: .otherSignedNotification(Verbatim(notification)))
  }

  /// CancelSession's answer.
  func cancel(
    _ transactionId: TransactionId, oid: OID, _ reason: CancelSessionReason, key: PrivateKey? = nil
  ) throws -> ES9Plus.CancelSession.Request {
    let signed = Verbatim(
      EuiccCancelSessionSigned(transactionId: transactionId, smdpOid: oid, reason: reason), tag: .sequence)
    return .init(
      transactionId: transactionId,
      cancelSessionResponse: Verbatim(
        .ok(
          CancelSessionResponseOk(
            euiccCancelSessionSigned: signed,
            euiccCancelSessionSignature: try (key ?? self.key).sign(signed.encoded)))))
  }
}
