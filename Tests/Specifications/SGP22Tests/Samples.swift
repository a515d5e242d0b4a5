import Bytes
import CircleOfTrust
import Identifiers
import JSON
import SGP22
import TLV
import Testing

/// A message of one type, with a way to read and write it again.
struct Sample: Sendable, CustomTestStringConvertible {
  let name: String
  let bytes: [UInt8]
  let reencode: @Sendable ([UInt8]) throws -> [UInt8]

  init<Message: TLVMessage>(_ message: Message) {
    name = String(reflecting: Message.self).replacing("SGP22.", with: "")
    bytes = message.encoded
    reencode = { try Message(encoded: $0).encoded }
  }

  var testDescription: String { name }
}

/// One message of every type of the specification, with every optional field.
enum Samples {
  /// CERT.DPauth of GSMA SGP.26 (NIST), a public test certificate.
  static let certificateText = """
    MIICODCCAd+gAwIBAgICAQAwCgYIKoZIzj0EAwIwRDEQMA4GA1UEAwwHVGVzdCBDSTERMA8GA1UECwwIVEVTVENFUlQxEDAOBgNVBAoMB1JTUF
    RFU1QxCzAJBgNVBAYTAklUMB4XDTIwMDQwMTA4MzEzMFoXDTMwMDMzMDA4MzEzMFowJTENMAsGA1UECgwEQUNNRTEUMBIGA1UEAwwLVEVTVCBT
    TS1EUCswWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAARN/tT0aUeRvxaVzqAwejW0GAGWlTh7t1t9JEe2tSCfBEWuTl5SHNE4iNdf4HyFgCIq4g
    26rB13zXYwSZNCG9c5o4HfMIHcMB8GA1UdIwQYMBaAFPVBcr35ipXWXL64ijihwR2ACoXDMB0GA1UdDgQWBBS9WoLMGpZgIRi6dWCh/4OniyEL
    5TAOBgNVHREEBzAFiAOINwowDgYDVR0PAQH/BAQDAgeAMBcGA1UdIAEB/wQNMAswCQYHZ4ESAQIBBDBhBgNVHR8EWjBYMCqgKKAmhiRodHRwOi
    8vY2kudGVzdC5leGFtcGxlLmNvbS9DUkwtQS5jcmwwKqAooCaGJGh0dHA6Ly9jaS50ZXN0LmV4YW1wbGUuY29tL0NSTC1CLmNybDAKBggqhkjO
    PQQDAgNHADBEAiAII+59+l490Hg46TD4G8NK6Z8Gy6NZJ/6eUCxGTcH+4wIgDS1Ah9sBpTgtIWkKwEiLFQZ/skYNM2MyRGypnwiopO8=
    """

  static func make() throws -> [Sample] {
    let all = try cards() + authentication() + notifications() + package() + management() + servers()
    return all
  }

  static let challenge = [UInt8](repeating: 0x11, count: 16)
  static let signature = [UInt8](repeating: 0x22, count: 64)
  static let otpk = [0x04] + [UInt8](repeating: 0x33, count: 64)
  static let version = VersionType(2, 5, 0)

  static func certificate() throws -> Certificate {
    guard let bytes = Base64.decode(certificateText) else { throw JSONError.missing("certificate") }
    return try Certificate(encoded: bytes)
  }

  static func keyIdentifier() throws -> KeyIdentifier {
    try KeyIdentifier(encoded: [0x04, 0x14] + [UInt8](repeating: 0x44, count: 20))
  }

  static func transactionId() throws -> TransactionId {
    guard let value = TransactionId([1, 2, 3]) else { throw JSONError.missing("transactionId") }
    return value
  }

  static func iccid() throws -> ICCID { try ICCID("8900010000000000018") }

  static func info2() throws -> EUICCInfo2 {
    var info = EUICCInfo2(
      profileVersion: VersionType(2, 3, 1), svn: version, euiccFirmwareVer: VersionType(1, 0, 0),
      extCardResource: ExtCardResource(
        installedApplications: 1, freeNonVolatileMemory: 400_000, freeVolatileMemory: 5000
      ).encoded,
      uiccCapability: [.usimSupport, .akaMilenage, .multipleUsimSupport],
      rspCapability: [.additionalProfile, .crlSupport],
      euiccCiPKIdListForVerification: [try keyIdentifier()], euiccCiPKIdListForSigning: [try keyIdentifier()],
      ppVersion: VersionType(1, 0, 0), sasAcreditationNumber: "SIM-UR-1")
    info.javacardVersion = VersionType(3, 0, 5)
    info.globalplatformVersion = VersionType(2, 3, 1)
    info.euiccCategory = .mediumEuicc
    info.forbiddenProfilePolicyRules = [.ppr1]
    info.certificationDataObject = CertificationDataObject(
      platformLabel: "1.2.3", discoveryBaseURL: "https://a.example")
    return info
  }

  static func context() -> CtxParams1 {
    .ctxParamsForCommonAuthentication(
      CtxParamsForCommonAuthentication(
        matchingId: "A-1",
        deviceInfo: DeviceInfo(
          tac: [0x35, 0x29, 0x06, 0x11],
          deviceCapabilities: DeviceCapabilities([.gsm: VersionType(9, 0, 0), .eutran: VersionType(15, 0, 0)]),
          imei: [0x35, 0x29, 0x06, 0x11, 0x22, 0x33, 0x44, 0xF5])))
  }

  static func metadata() throws -> StoreMetadataRequest {
    var metadata = StoreMetadataRequest(
      iccid: try iccid(), serviceProviderName: "Operator", profileName: "Profile ü", profileClass: .operational,
      notificationConfigurationInfo: [
        NotificationConfigurationInformation(
          profileManagementOperation: [.notificationInstall, .notificationDelete], notificationAddress: "a.example")
      ],
      profileOwner: OperatorID(try PLMN("00101"), gid1: [1], gid2: []), profilePolicyRules: [.ppr2])
    metadata.iconType = .png
    metadata.icon = [1, 2, 3]
    return metadata
  }

  private static func cards() throws -> [Sample] {
    [
      Sample(ES10a.GetEuiccConfiguredAddresses.Request()),
      Sample(ES10a.GetEuiccConfiguredAddresses.Response(defaultDpAddress: "dp.example", rootDsAddress: "ds.example")),
      Sample(ES10a.SetDefaultDpAddress.Request(defaultDpAddress: "dp.example")),
      Sample(ES10a.SetDefaultDpAddress.Response(.ok)),
      Sample(ISDRProprietaryApplicationTemplate(svn: version, lpaeSupport: [.lpaeUsingScws])),
      Sample(ES10b.GetEUICCChallenge.Request()),
      Sample(ES10b.GetEUICCChallenge.Response(euiccChallenge: challenge)),
      Sample(ES10b.GetEUICCInfo1.Request()),
      Sample(
        EUICCInfo1(
          svn: version, euiccCiPKIdListForVerification: [try keyIdentifier()],
          euiccCiPKIdListForSigning: [try keyIdentifier()])),
      Sample(ES10b.GetEUICCInfo2.Request()), Sample(try info2()),
      Sample(ES10b.GetRAT.Request()),
      Sample(
        ES10b.GetRAT.Response(rat: [
          ProfilePolicyAuthorisationRule(
            pprIds: [.ppr1], allowedOperators: [OperatorID(mccMnc: [0xEE, 0xEE, 0xEE], gid1: [], gid2: [])],
            pprFlags: [.consentRequired])
        ])),
      Sample(try ES10b.LoadCRL.Request(crl: [0x30, 0x03, 0x02, 0x01, 0x05])),
      Sample(ES10b.LoadCRL.Response.ok(ES10b.LoadCRL.Ok(missingParts: [ES10b.LoadCRL.MissingPart(number: 3)]))),
      Sample(ES10b.LoadCRL.Response.error(.invalidSignature)),
    ]
  }

  static func authenticateServerRequest() throws -> ES10b.AuthenticateServer.Request {
    ES10b.AuthenticateServer.Request(
      serverSigned1: Verbatim(
        ServerSigned1(
          transactionId: try transactionId(), euiccChallenge: challenge, serverAddress: "dp.example",
          serverChallenge: challenge), tag: .sequence),
      serverSignature1: signature, euiccCiPKIdToBeUsed: try keyIdentifier(), serverCertificate: try certificate(),
      ctxParams1: context())
  }

  static func authenticateServerResponse() throws -> ES10b.AuthenticateServer.Response {
    .ok(
      AuthenticateResponseOk(
        euiccSigned1: Verbatim(
          EuiccSigned1(
            transactionId: try transactionId(), serverAddress: "dp.example", serverChallenge: challenge,
            euiccInfo2: try info2(), ctxParams1: context()), tag: .sequence),
        euiccSignature1: signature, euiccCertificate: try certificate(), eumCertificate: try certificate()))
  }

  static func prepareDownloadRequest(hashCc: [UInt8]?) throws -> ES10b.PrepareDownload.Request {
    ES10b.PrepareDownload.Request(
      smdpSigned2: Verbatim(
        SmdpSigned2(transactionId: try transactionId(), ccRequiredFlag: true, bppEuiccOtpk: otpk), tag: .sequence),
      smdpSignature2: signature, hashCc: hashCc, smdpCertificate: try certificate())
  }

  static func prepareDownloadResponse() throws -> ES10b.PrepareDownload.Response {
    .ok(
      PrepareDownloadResponseOk(
        euiccSigned2: Verbatim(
          EUICCSigned2(
            transactionId: try transactionId(), euiccOtpk: otpk, hashCc: [UInt8](repeating: 5, count: 32)),
          tag: .sequence), euiccSignature2: signature))
  }

  static func cancelSessionResponse() throws -> ES10b.CancelSession.Response {
    .ok(
      CancelSessionResponseOk(
        euiccCancelSessionSigned: Verbatim(
          EuiccCancelSessionSigned(transactionId: try transactionId(), smdpOid: try oid(), reason: .postponed),
          tag: .sequence), euiccCancelSessionSignature: signature))
  }

  static func oid() throws -> OID {
    guard let oid = OID("2.999.10") else { throw JSONError.missing("oid") }
    return oid
  }

  private static func authentication() throws -> [Sample] {
    [
      Sample(try authenticateServerRequest()), Sample(try authenticateServerResponse()),
      Sample(
        ES10b.AuthenticateServer.Response.error(
          AuthenticateResponseError(transactionId: try transactionId(), errorCode: .invalidOid))),
      Sample(try prepareDownloadRequest(hashCc: [UInt8](repeating: 6, count: 32))),
      Sample(try prepareDownloadResponse()),
      Sample(
        ES10b.PrepareDownload.Response.error(
          PrepareDownloadResponseError(transactionId: try transactionId(), errorCode: .invalidSignature))),
      Sample(ES10b.CancelSession.Request(transactionId: try transactionId(), reason: .timeout)),
      Sample(try cancelSessionResponse()), Sample(ES10b.CancelSession.Response.error(.invalidTransactionId)),
    ]
  }

  static func envelope() throws -> NotificationMetadata {
    NotificationMetadata(
      seqNumber: 300, event: .notificationEnable, notificationAddress: "a.example", iccid: try iccid())
  }

  static func installationResult(_ result: ProfileInstallationResultData.FinalResult) throws
    -> ProfileInstallationResult
  {
    ProfileInstallationResult(
      profileInstallationResultData: Verbatim(
        ProfileInstallationResultData(
          transactionId: try transactionId(), notificationMetadata: try envelope(), smdpOid: try oid(),
          finalResult: result)), euiccSignPIR: signature)
  }

  static func otherNotification() throws -> OtherSignedNotification {
    OtherSignedNotification(
      tbsOtherNotification: Verbatim(try envelope()), euiccNotificationSignature: signature,
      euiccCertificate: try certificate(), eumCertificate: try certificate())
  }

  static func success() throws -> ProfileInstallationResultData.FinalResult {
    .successResult(SuccessResult(aid: AID(literal: "A0000005591010FFFFFFFF8900001100"), simaResponse: [0x30, 0x00]))
  }

  private static func notifications() throws -> [Sample] {
    let failure = ErrorResult(
      bppCommandId: .loadProfileElements, errorReason: .installFailedDueToPEProcessingError, simaResponse: [0x30, 0x00])
    return [
      Sample(try installationResult(success())), Sample(try installationResult(.errorResult(failure))),
      Sample(try otherNotification()),
      Sample(ES10b.ListNotification.Request(profileManagementOperation: [.notificationEnable])),
      Sample(ES10b.ListNotification.Response.ok([try envelope(), try envelope()])),
      Sample(ES10b.ListNotification.Response.error(.undefinedError)),
      Sample(ES10b.RetrieveNotificationsList.Request()),
      Sample(ES10b.RetrieveNotificationsList.Request(searchCriteria: .seqNumber(-129))),
      Sample(
        ES10b.RetrieveNotificationsList.Request(searchCriteria: .profileManagementOperation([.notificationInstall]))),
      Sample(
        ES10b.RetrieveNotificationsList.Response.ok([
          .profileInstallationResult(Verbatim(try installationResult(success()))),
          .otherSignedNotification(Verbatim(try otherNotification())), .other([0xA1, 0x00]),
        ])),
      Sample(ES10b.RetrieveNotificationsList.Response.error(.noResultAvailable)),
      Sample(ES10b.RemoveNotificationFromList.Request(seqNumber: 7)),
      Sample(ES10b.RemoveNotificationFromList.Response(.nothingToDelete)),
    ]
  }

  static func boundProfilePackage() throws -> BoundProfilePackage {
    BoundProfilePackage(
      initialiseSecureChannelRequest: Verbatim(
        InitialiseSecureChannelRequest(
          transactionId: try transactionId(), controlRefTemplate: ControlRefTemplate(hostId: [1, 2, 3]),
          smdpOtpk: otpk, smdpSign: signature)),
      firstSequenceOf87: [[0x87, 0x02, 1, 2]], sequenceOf88: [[0x88, 0x01, 3], [0x88, 0x01, 4]],
      secondSequenceOf87: [[0x87, 0x01, 5]], sequenceOf86: [[0x86, 0x01, 6], [0x86, 0x00]])
  }

  private static func package() throws -> [Sample] {
    [
      Sample(try boundProfilePackage()), Sample(ConfigureISDPRequest(dpOid: try oid())), Sample(try metadata()),
      Sample(
        ReplaceSessionKeysRequest(
          initialMacChainingValue: challenge, ppkEnc: Secret(challenge), ppkCmac: Secret(challenge))),
    ]
  }

  private static func management() throws -> [Sample] {
    let aid = AID(literal: "A0000005591010FFFFFFFF8900001100")
    var profile = ProfileInfo()
    profile.iccid = try iccid()
    profile.isdpAid = aid
    profile.profileState = .enabled
    profile.profileNickname = "mine"
    profile.serviceProviderName = "Operator"
    profile.profileName = "Profile"
    profile.iconType = .jpg
    profile.icon = [9]
    profile.profileClass = .test
    profile.notificationConfigurationInfo = []
    profile.profileOwner = OperatorID(mccMnc: [0, 0xF1, 0x10])
    profile.dpProprietaryData = DpProprietaryData(dpOid: try oid())
    profile.profilePolicyRules = [.ppr1, .ppr2]
    return [
      Sample(ES10c.GetProfilesInfo.Request()),
      Sample(ES10c.GetProfilesInfo.Request(searchCriteria: .isdpAid(aid), tagList: [0x5A, 0x9F70, 0xBF22])),
      Sample(ES10c.GetProfilesInfo.Request(searchCriteria: .iccid(try iccid()))),
      Sample(ES10c.GetProfilesInfo.Request(searchCriteria: .profileClass(.test))),
      Sample(ES10c.GetProfilesInfo.Response.ok([profile, ProfileInfo()])),
      Sample(ES10c.GetProfilesInfo.Response.error(.incorrectInputValues)),
      Sample(ES10c.EnableProfile.Request(profileIdentifier: .isdpAid(aid), refreshFlag: true)),
      Sample(ES10c.EnableProfile.Response(.wrongProfileReenabling)),
      Sample(ES10c.DisableProfile.Request(profileIdentifier: .iccid(try iccid()), refreshFlag: false)),
      Sample(ES10c.DisableProfile.Response(.catBusy)),
      Sample(ES10c.DeleteProfile.Request(profileIdentifier: .iccid(try iccid()))),
      Sample(ES10c.DeleteProfile.Response(.disallowedByPolicy)),
      Sample(ES10c.EuiccMemoryReset.Request(resetOptions: [.deleteOperationalProfiles, .resetDefaultSmdpAddress])),
      Sample(ES10c.EuiccMemoryReset.Response(.ok)), Sample(ES10c.GetEID.Request()),
      Sample(ES10c.GetEID.Response(eidValue: try EID("89049032123451234512345678901235"))),
      Sample(ES10c.SetNickname.Request(iccid: try iccid(), profileNickname: "é")),
      Sample(ES10c.SetNickname.Response(.iccidNotFound)),
    ]
  }

  static func initiateAuthenticationRequest() throws -> ES9Plus.InitiateAuthentication.Request {
    ES9Plus.InitiateAuthentication.Request(
      euiccChallenge: challenge, smdpAddress: "dp.example",
      euiccInfo1: EUICCInfo1(
        svn: version, euiccCiPKIdListForVerification: [try keyIdentifier()], euiccCiPKIdListForSigning: []))
  }

  static func initiateAuthenticationResponse() throws -> ES9Plus.InitiateAuthentication.Response {
    let next = try authenticateServerRequest()
    return ES9Plus.InitiateAuthentication.Response(
      transactionId: try transactionId(), serverSigned1: next.serverSigned1, serverSignature1: next.serverSignature1,
      euiccCiPKIdToBeUsed: try keyIdentifier(), serverCertificate: next.serverCertificate)
  }

  private static func servers() throws -> [Sample] {
    let transactionId = try transactionId()
    let requests: [RemoteProfileProvisioningRequest] = [
      .initiateAuthentication(try initiateAuthenticationRequest()),
      .authenticateClient(
        ES9Plus.AuthenticateClient.Request(
          transactionId: transactionId, authenticateServerResponse: Verbatim(try authenticateServerResponse()))),
      .getBoundProfilePackage(
        ES9Plus.GetBoundProfilePackage.Request(
          transactionId: transactionId, prepareDownloadResponse: Verbatim(try prepareDownloadResponse()))),
      .cancelSession(
        ES9Plus.CancelSession.Request(
          transactionId: transactionId, cancelSessionResponse: Verbatim(try cancelSessionResponse()))),
      .handleNotification(
        ES9Plus.HandleNotification.Request(
          pendingNotification: .otherSignedNotification(Verbatim(try otherNotification())))),
    ]
    let responses: [RemoteProfileProvisioningResponse] = [
      .initiateAuthentication(.ok(try initiateAuthenticationResponse())),
      .initiateAuthentication(.error(.invalidDpAddress)),
      .authenticateClientEs9(
        .ok(
          ES9Plus.AuthenticateClient.Response(
            transactionId: transactionId, profileMetadata: Verbatim(try metadata()),
            prepareDownloadRequest: try prepareDownloadRequest(hashCc: nil)))),
      .authenticateClientEs9(.error(.matchingIdRefused)),
      .getBoundProfilePackage(
        .ok(
          ES9Plus.GetBoundProfilePackage.Response(
            transactionId: transactionId, boundProfilePackage: Verbatim(try boundProfilePackage())))),
      .getBoundProfilePackage(.error(.invalidTransactionId)),
      .cancelSession(.ok(NoFields())), .cancelSession(.error(.euiccSignatureInvalid)),
      .authenticateClientEs11(
        .ok(
          ES11.AuthenticateClient.Response(
            transactionId: transactionId,
            eventEntries: [ES11.AuthenticateClient.EventEntries(eventId: "E-1", rspServerAddress: "dp.example")]))),
      .authenticateClientEs11(.error(.eventIdUnknown)),
    ]
    return requests.map { Sample($0) } + responses.map { Sample($0) }
  }
}
