import CircleOfTrust
import Identifiers
import SGP22
import SecureMessages
import TLV

/// Where a directory says that a server is. It is advice: whoever follows it calls ``confirm(_:in:at:)`` with the
/// certificate that the server shows, and asks again after ``expiry``.
public struct AddressAdvice: Hashable, Sendable {
  /// The eUICC.
  public let eid: EID
  /// What the server does for it.
  public let service: AddressedService
  /// The server's object identifier.
  public let server: OID
  /// Where it is called: a host name, with a port where it is not 443.
  public let host: FQDN
  /// The advice is too old from then on.
  public let expiry: Instant

  /// The answer of the directory `oid` to `request`, verified in `circle` at `now`: its certificate, its signature, its
  /// time, and that it says what was asked.
  public init(
    _ response: FindAddress.Response, to request: FindAddress.Request, from oid: OID, in circle: Circle, at now: Instant
  ) throws(AddressDoubt) {
    let certificate: VerifiedCertificate
    do {
      certificate = try circle.verify([Certificate(encoded: response.certificate)], as: .directoryTLS, at: now)
    } catch let error as ChainError { throw .certificate(error) } catch { throw .malformed }
    guard certificate.oid == oid, let party = try? AddressStatement.directory(oid) else { throw .otherDirectory }
    let statement: AddressStatement
    do {
      statement = try response.statement.verified(from: KnownParty(party, key: certificate.publicKey), at: now)
    } catch { throw .message(error) }
    guard statement.eid == request.eid, request.isAnswered(by: statement.service) else { throw .otherQuestion }
    guard let host = FQDN(statement.host), let term = response.statement.claimedTerm else { throw .malformed }
    (eid, service, server) = (statement.eid, statement.service, statement.server)
    (self.host, expiry) = (host, term.notAfter)
  }

  /// Refuses the server that shows `certificate` (DER) unless it is the one that was named, in the role that the service
  /// needs, and not revoked.
  public func confirm(_ certificate: [UInt8], in circle: Circle, at now: Instant) throws(AddressDoubt) {
    guard now.seconds <= expiry.seconds else { throw .message(.notValidNow) }
    let verified: VerifiedCertificate
    do {
      let role: Role = service == .manager ? .srTLS : .dpTLS
      verified = try circle.verify([Certificate(encoded: certificate)], as: role, at: now)
    } catch let error as ChainError { throw .certificate(error) } catch { throw .malformed }
    guard verified.oid == server, verified.certificate.extensions.hostNames.contains(host.name) else {
      throw .otherServer(verified.certificate.subject.description)
    }
  }
}

/// Why a directory's answer is not followed.
public enum AddressDoubt: Error, Hashable, Sendable, CustomStringConvertible {
  /// A certificate is not accepted: the directory's, or that of the server it named.
  case certificate(ChainError)
  /// The statement's signature, sender or time is wrong.
  case message(SecureMessageError)
  /// Another directory answered.
  case otherDirectory
  /// The statement is about another eUICC or service.
  case otherQuestion
  /// At the address is another server than was named.
  case otherServer(String)
  /// The answer is no message of this kind.
  case malformed

  public var description: String {
    switch self {
    case .certificate(let error): "\(error)"
    case .message(let error): "the directory's statement is refused: \(error)"
    case .otherDirectory: "another directory answered than was asked"
    case .otherQuestion: "the directory's statement is about another eUICC or service"
    case .otherServer(let name): "at the address that the directory gave is another server: \(name)"
    case .malformed: "the directory's answer cannot be read"
    }
  }
}
