import Bytes
import CircleOfTrust
import Identifiers
import Keys
import ProfileMove
import ProfilePackage
import TLV

/// Signs profile packages for one eUICC each (system D, Fig. 3): a profile that was copied to another one, or into which
/// another USIM was put, is not used there (Fig. 4).
public struct Sealer: Sendable {
  private let certificate: Certificate
  private let oid: OID
  private let key: PrivateKey
  private let form: SealedIdentity.Form

  /// A sealer with CERT.DPpb and its key, on P-256; `form` is what it signs beside the profile's number.
  public init(
    _ certificate: Certificate, oid: OID, key: PrivateKey, form: SealedIdentity.Form = .whole
  ) {
    (self.certificate, self.oid, self.key, self.form) = (certificate, oid, key, form)
  }

  /// `package` with a seal before its end, in place of one that it has.
  public func seal(
    _ package: [UInt8], of iccid: ICCID, for eid: EID, now: Instant, random: any RandomSource
  ) throws -> [UInt8] {
    var package = try Package(decoding: package)
    for index in package.indices(of: PE.NonStandard.self).reversed() {
      if let element = package.elements[index] as? PE.NonStandard, element.issuerID == ProfileSeal.issuer {
        package.remove(at: index)
      }
    }
    let subscriber = ResolvedProfile(package).subscriber
    let identity = SealedIdentity(
      form, iccid: iccid, eid: eid, imsi: subscriber?.imsi, key: subscriber?.key)
    let seal = try ProfileSeal(identity, certificate: certificate, oid: oid, key: key, now: now, random: random)
    let numbers = package.elements.compactMap { $0.header?.identification }
    let end = package.indices(of: PE.End.self).first ?? package.count
    package.insert(seal.element((numbers.filter { $0 < 0x7FFF }.max() ?? 0) + 1), at: end)
    return package.encoded
  }
}

extension ResolvedProfile {
  /// The IMSI of the first USIM, and its K.
  fileprivate var subscriber: (imsi: IMSI?, key: Secret?)? {
    guard let file = files.first(where: { $0.path.count == 2 && $0.path.last == 0x6F07 }) else { return nil }
    let application = Array(file.path.dropLast())
    var key: Secret?
    let parameter = authentications.first { $0.application == application }?.parameter
    if case .algoParameter(let algorithm)? = parameter?.algoConfiguration { key = algorithm.key }
    return (try? IMSI(bytes: file.contents), key)
  }
}
