import CircleOfTrust
import Identifiers
import SGP22
import Stations
import TLV

/// A server that calls another: one of the circle, known by the object identifier in its TLS certificate.
public struct ServerCaller: Sendable, Hashable {
  /// The object identifier.
  public let oid: OID
  /// What its certificate makes it.
  public let role: Role
  /// The host names in its certificate.
  public let hostNames: [String]

  /// The object identifier in digits and dots.
  public var identifier: String { oid.description }
}

extension CircleInForce {
  /// SGP.22 §5.2.6, §6.5.1.3: the server that calls, which has one of `roles`. Who it says it is and whose certificate it
  /// shows must be one.
  public func caller(
    _ header: JSONBinding.RequestHeader?, certificate: [UInt8]?, as roles: [Role], at now: Instant
  ) throws(Denial) -> ServerCaller {
    guard let header else { throw Refusal.elementMissing.because("\"header\" is missing") }
    guard let certificate else {
      throw Refusal.requesterUnknown.because("\(header.functionRequesterIdentifier) came without a certificate")
    }
    let verified: VerifiedCertificate
    do {
      let shown = try Certificate(encoded: certificate)
      guard let role = roles.first(where: { $0 == shown.claimedRole }) ?? roles.first else {
        throw Refusal.requesterNotAllowed.because("nobody may call")
      }
      verified = try circle.verify([shown], as: role, at: now)
    } catch let denial as Denial { throw denial } catch {
      throw Refusal.requesterUnknown.because("\(header.functionRequesterIdentifier): \(error)")
    }
    guard let oid = verified.oid, oid.description == header.functionRequesterIdentifier else {
      throw Refusal.requesterUnknown.because(
        "\(verified.oid.map { "\($0)" } ?? "nobody") called itself \(header.functionRequesterIdentifier)")
    }
    return ServerCaller(oid: oid, role: verified.role, hostNames: verified.certificate.extensions.hostNames)
  }
}
