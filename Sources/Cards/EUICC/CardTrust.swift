import APDU
import Bytes
import CircleOfTrust
import Identifiers
import Keys
import SGP22
import SecureElement

/// Whom the eUICC trusts, within one command.
struct CardTrust {
  let constants: Constants
  private let records: CardRecords
  private let circle: Circle

  init(_ records: CardRecords, _ shelf: CircleShelf) throws(StatusWordError) {
    self.records = records
    constants = try records.constants()
    circle = shelf.circle(constants.roots, records.revocationLists)
  }

  /// A certificate that the certificate issuer signed itself, judged by what the card knows of time.
  func verify(_ certificate: Certificate, as role: Role) throws(ChainError) -> VerifiedCertificate {
    try circle.verify([certificate], as: role, at: TimeSeen.time(of: [certificate], known: records.timeSeen))
  }

  /// The same, as it was at `time`.
  func verify(_ certificate: Certificate, as role: Role, at time: Instant) throws(ChainError) -> VerifiedCertificate {
    try circle.verify([certificate], as: role, at: time)
  }

  /// CERT.DPauth or CERT.DSauth, whichever it claims to be.
  func verifyServer(_ certificate: Certificate) throws(ChainError) -> VerifiedCertificate {
    try verify(certificate, as: certificate.claimedRole == .dsAuthentication ? .dsAuthentication : .dpAuthentication)
  }

  /// After everything about `certificate` was found good: its validity had begun, so it is at least that late.
  func learnTime(from certificate: Certificate) { learnTime(certificate.validity.notBefore) }

  /// Notes that it is at least `instant`.
  func learnTime(_ instant: Instant) {
    if instant > records.timeSeen { records.timeSeen = instant }
  }

  /// The eUICC's identity under a certificate issuer's key, or the preferred one; nil where there is none.
  func identity(_ ciPKId: KeyIdentifier?) throws(StatusWordError) -> IdentityRecord? {
    let identities = records.identities
    guard let ciPKId else { return identities.first }
    return identities.first { $0.ciPKId == ciPKId }
  }
}

extension ISDR {
  /// The eUICC's signature under one of its identities.
  func sign(_ bytes: [UInt8], under identity: IdentityRecord, eid: EID) throws(StatusWordError) -> [UInt8] {
    do {
      return try identity.key.key(context: IdentityRecord.context(eid, identity.ciPKId), vault: vault).sign(bytes)
    } catch {
      throw StatusWordError(.technicalProblem)
    }
  }
}

extension IdentityRecord {
  /// The place for which SK.EUICC.ECDSA is wrapped.
  static func context(_ eid: EID, _ ciPKId: KeyIdentifier) -> String { "SK.EUICC.ECDSA \(eid) \(ciPKId.bytes.hex)" }
}
