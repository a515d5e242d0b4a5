import CircleOfTrust
import Identifiers
import Keys
import SGP22
import TLV
import Testing

/// A scripted eUICC and its device: says just what a test wants it to say.
struct TestCard {
  let eid: EID
  let key: PrivateKey
  let certificate: Certificate
  let eum: Certificate
  var issuer: KeyIdentifier
  var svn = VersionType(2, 5, 0)

  init(_ circle: TestCircle, number: Int = 0, validity: Validity = TestCircle.validity) throws {
    eid = try EID(TestCircle.eids[number])
    key = PrivateKey(.p256, random: circle.random)
    certificate = try circle.eum.issue(
      .euicc(eid), named: "eUICC", to: key.publicKey, validity: validity, random: circle.random)
    eum = circle.eum.certificate
    issuer = try #require(circle.ci.certificate.subjectKeyIdentifier)
  }

  var euiccInfo1: EUICCInfo1 {
    EUICCInfo1(svn: svn, euiccCiPKIdListForVerification: [issuer], euiccCiPKIdListForSigning: [issuer])
  }

  /// AuthenticateServer's answer to `server`, signed with `key` or the card's own.
  func authenticate(
    to server: ES9Plus.InitiateAuthentication.Response, eventId: String?, serverChallenge: [UInt8]? = nil,
    key: PrivateKey? = nil
  ) throws -> ES9Plus.AuthenticateClient.Request {
    let info = EUICCInfo2(
      profileVersion: VersionType(2, 3, 1), svn: svn, euiccFirmwareVer: VersionType(1, 0, 0),
      extCardResource: ExtCardResource(
        installedApplications: 0, freeNonVolatileMemory: 500_000, freeVolatileMemory: 1000
      ).encoded,
      uiccCapability: [.usimSupport], rspCapability: [.additionalProfile], euiccCiPKIdListForVerification: [issuer],
      euiccCiPKIdListForSigning: [issuer], ppVersion: VersionType(1, 0, 0), sasAcreditationNumber: "test")
    let signed = Verbatim(
      EuiccSigned1(
        transactionId: server.transactionId, serverAddress: server.serverSigned1.value.serverAddress,
        serverChallenge: serverChallenge ?? server.serverSigned1.value.serverChallenge, euiccInfo2: info,
        ctxParams1: .ctxParamsForCommonAuthentication(
          .init(matchingId: eventId, deviceInfo: DeviceInfo(tac: [1, 2, 3, 4])))), tag: .sequence)
    let ok = AuthenticateResponseOk(
      euiccSigned1: signed, euiccSignature1: try (key ?? self.key).sign(signed.encoded),
      euiccCertificate: certificate, eumCertificate: eum)
    return .init(transactionId: server.transactionId, authenticateServerResponse: Verbatim(.ok(ok)))
  }
}
