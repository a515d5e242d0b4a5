import Bytes
import CircleOfTrust
import Identifiers
import Keys
import ProfileMove
import SecureMessages
import TLV

/// The profile provider as it has profiles backed up (system D, steps 525 to 545): it asks with its certificate, which names
/// the operator, and opens what the secure element sealed to it.
///
/// It keeps nothing: what belongs to a request follows from its name and from one secret, so the same name again is the
/// same request.
public struct BackupDesk: Sendable {
  /// Why a backup is not taken; the text says what was wrong with it.
  public struct Refusal: Error, Hashable, Sendable, CustomStringConvertible {
    public let description: String
    init(_ description: String) { self.description = description }
  }

  private let certificate: Certificate
  private let oid: OID
  private let key: PrivateKey
  private let secret: Secret
  private let circle: Circle

  /// A desk with CERT.DPpb and its key, on P-256; backup keys are made of `secret`, and secure elements are known by `circle`.
  public init(_ certificate: Certificate, oid: OID, key: PrivateKey, secret: Secret, circle: Circle) {
    (self.certificate, self.oid, self.key) = (certificate, oid, key)
    (self.secret, self.circle) = (secret, circle)
  }

  private func part(_ what: String, _ name: String) -> [UInt8] {
    hmacSHA256(Array("Simurgh backup \(what) \(name)".utf8), key: secret)
  }

  private func challenge(_ name: String) throws(Refusal) -> Challenge {
    guard let challenge = Challenge(Array(part("challenge", name).prefix(16))) else { throw Refusal("no challenge") }
    return challenge
  }

  private func key(_ name: String) -> PrivateKey {
    PrivateKey(.p256, random: SeededRandomSource(seed: part("key", name)))
  }

  /// Step 525: the request called `name` for the profile on one secure element, worth something until `end`.
  public func request(
    _ iccid: ICCID, on eid: EID, _ parts: BackupParts, of applications: [AID]? = nil, named name: String, now: Instant,
    until end: Instant
  ) throws -> BackUpProfile.Request {
    let request = BackupRequest(
      iccid: iccid, eid: eid, challenge: try challenge(name), key: key(name).publicKey.point, parts: parts,
      applications: applications)
    let serial = part("serial", name).prefix(7).reduce(0) { $0 << 8 | Int($1) }
    return BackUpProfile.Request(
      certificate: certificate,
      request: try Signed(
        request, by: KeyHolder(.profileProvider(oid), key: key), to: .secureElement(eid),
        term: Term(serial: serial, notBefore: now, notAfter: end)))
  }

  /// Step 545: the backup that answers the request called `name`, made and signed by that secure element of that profile.
  public func open(
    _ answer: BackUpProfile.Answer, of iccid: ICCID, on eid: EID, named name: String, now: Instant
  ) throws(Refusal) -> ProfileBackup {
    let element: VerifiedCertificate
    do {
      element = try circle.verify([answer.euiccCertificate, answer.eumCertificate], as: .euicc, at: now)
    } catch { throw Refusal("the secure element's certificate is not good: \(error)") }
    guard element.eid == eid else { throw Refusal("it comes from another secure element") }
    do {
      let (sender, receiver) = (try Party.secureElement(eid), try Party.profileProvider(oid))
      let challenge = try challenge(name)
      let signed = try answer.backup.opened(
        from: sender, by: KeyHolder(receiver, key: key(name)), answering: challenge)
      let backup = try signed.verified(
        from: KnownParty(sender, key: element.publicKey), to: receiver, answering: challenge)
      guard backup.iccid == iccid, backup.eid == eid else { throw Refusal("it is of another profile") }
      return backup
    } catch let refusal as Refusal { throw refusal } catch { throw Refusal("\(error)") }
  }
}
