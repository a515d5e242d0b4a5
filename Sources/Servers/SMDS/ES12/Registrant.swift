import CircleOfTrust
import Identifiers
import SGP22
import Stations
import TLV

/// A server that registers events: an SM-DP+ of the circle, known by the object identifier in its TLS certificate.
public struct Registrant: Sendable, Hashable {
  /// The object identifier in digits and dots.
  public let identifier: String

  /// The server called `identifier`.
  public init(identifier: String) { self.identifier = identifier }
}

extension Desk {
  /// SGP.22 §5.2.6, §6.5.1.3: the server that calls. Who it says it is and whose certificate it shows must be one.
  func registrant(
    _ header: JSONBinding.RequestHeader?, certificate: [UInt8]?, now: Instant
  ) throws(Denial) -> Registrant {
    guard let header else { throw Refusal.elementMissing.because("\"header\" is missing") }
    guard let certificate else {
      throw Refusal.requesterUnknown.because("\(header.functionRequesterIdentifier) came without a certificate")
    }
    let oid: OID?
    do {
      oid = try trust.circle.verify([Certificate(encoded: certificate)], as: .dpTLS, at: now).oid
    } catch {
      throw Refusal.requesterUnknown.because("\(header.functionRequesterIdentifier): \(error)")
    }
    guard let oid, oid.description == header.functionRequesterIdentifier else {
      throw Refusal.requesterUnknown.because(
        "\(oid.map { "\($0)" } ?? "nobody") called itself \(header.functionRequesterIdentifier)")
    }
    return Registrant(identifier: oid.description)
  }
}
