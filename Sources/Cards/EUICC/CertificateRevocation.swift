import APDU
import CircleOfTrust
import Identifiers
import SGP22
import SecureElement

/// Lists of revoked certificates (SGP.22 §4.6, §5.7.12).
extension ISDR {
  /// SGP.22 §5.7.12: the list is verified, kept in the place of older ones, and holds from now on.
  func loadCRL(
    _ request: ES10b.LoadCRL.Request, in exchange: Exchange
  ) throws(StatusWordError) -> ES10b.LoadCRL.Response {
    let records = CardRecords(exchange.memory)
    let trust = try CardTrust(records, circles)
    guard let list = try? RevocationList(encoded: request.crl) else { return .error(.invalidCRLFormat) }
    var circle = circles.circle(trust.constants.roots, records.revocationLists)
    let missing: [Int]
    do throws(RevocationError) {
      missing = try circle.load(list, at: nil)
    } catch {
      return .error(Self.code(error))
    }
    records.revocationLists = circle.revocationLists.map(\.encoded)
    trust.learnTime(list.thisUpdate)
    do throws(StatusWordError) {
      try exchange.memory.commit()
    } catch {
      guard error.status == .notEnoughMemory else { throw error }
      return .error(.notEnoughMemorySpace)
    }
    return .ok(
      ES10b.LoadCRL.Ok(missingParts: missing.isEmpty ? nil : missing.map { ES10b.LoadCRL.MissingPart(number: $0) }))
  }

  private static func code(_ error: RevocationError) -> ES10b.LoadCRL.Failure {
    switch error {
    case .badSignature, .issuerMayNot: .invalidSignature
    case .unknownIssuer, .issuer: .verificationKeyNotFound
    case .fresherLoaded: .fresherCrlAlreadyLoaded
    case .notYetIssued, .outdated: .undefinedError
    }
  }
}
