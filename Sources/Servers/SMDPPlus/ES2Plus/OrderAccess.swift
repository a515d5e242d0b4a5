import CircleOfTrust
import Identifiers
import SGP22
import Stations
import Store

// SGP.22 §5.3: what all functions of ES2+ check first.

extension Desk {
  /// SGP.22 §5.2.6: the operator that calls. Who it says it is and whose certificate it shows must be one. The certificate
  /// is known for itself; a list of its issuer that revokes it counts all the same, from the next call on.
  func requester(
    _ header: JSONBinding.RequestHeader?, certificate: [UInt8]?
  ) throws(Denial) -> Requesters.Requester {
    guard let header else { throw Refusal.elementMissing.because("\"header\" is missing") }
    guard let certificate, let requester = requesters.requester(certificate: certificate) else {
      throw Refusal.requesterUnknown.because(
        "\(header.functionRequesterIdentifier) came with \(certificate == nil ? "no" : "an unknown") certificate")
    }
    if let known = try? Certificate(encoded: certificate), let date = trust.circle.revocation(of: known) {
      throw Refusal.requesterUnknown.because("\(requester.identifier)'s certificate was revoked on \(date)")
    }
    guard requester.identifier == header.functionRequesterIdentifier else {
      throw Refusal.requesterUnknown.because(
        "\(requester.identifier) called itself \(header.functionRequesterIdentifier)")
    }
    return requester
  }

  /// The order of `iccid`, which must be `requester`'s.
  func order(
    _ iccid: ICCID, of requester: Requesters.Requester, in reader: any Reader
  ) throws -> Order {
    guard let order = try OrderBook.order(iccid, in: reader) else {
      throw Refusal.iccidUnknown.because("\(requester.identifier) asked for \(iccid)")
    }
    guard order.owner == requester.identifier || order.owner.isEmpty && order.state == .available else {
      throw Refusal.profileNotAllowed.because("\(requester.identifier) asked for \(iccid) of \(order.owner)")
    }
    return order
  }
}
