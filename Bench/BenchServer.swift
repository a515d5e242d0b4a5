import Bytes
import CircleOfTrust
import Foundation
import Identifiers
import Keys
import ProfilePackage
import SGP22
import SMDPPlus
import Stations
import Store
import StoreSQLite
import TLV
import Transport
import TransportHTTP
import World

/// The SM-DP+ that is measured, with its circle and its orders.
struct BenchServer {
  static let address = "smdp.example"
  static let template = "base"

  let route: Route
  let circle: Circle
  let eum: Authority
  let credentials: Credentials
  let identity: TLSIdentity
  let builder: any PackageBuilder
  /// The order book's import, which fills `store`.
  private let importing: OrderImport
  private let store: any Store
  private let given = Given(now: .now(), random: SystemRandomSource.shared)

  /// Which events the server is told of; empty for all.
  private let notifications: String

  /// An SM-DP+ over `store`, which is told of all events, or of all but the installation, which the installation result
  /// tells. `wrap` may put something between the desk and where its packages come from.
  init(
    over store: any Store, allNotifications: Bool = false,
    wrap: (any PackageSource) -> any PackageSource = { $0 }
  ) throws {
    notifications = allNotifications ? "" : "enable disable delete"
    let random = given.random
    let validity = Validity(from: given.now - .seconds(86_400), days: 30)
    let ci = try Authority(
      certificateIssuer: DistinguishedName([(.commonName, "Bench CI")]), key: PrivateKey(.p256, random: random),
      validity: validity, random: random)
    func issue(_ profile: CertificateProfile, _ name: String) throws -> (certificate: Certificate, key: PrivateKey) {
      let key = PrivateKey(.p256, random: random)
      return (
        try ci.issue(profile, named: name, to: key.publicKey, validity: validity, random: random), key
      )
    }
    guard let oid = OID("2.999.10") else { throw BenchError("no object identifier") }
    let eum = try issue(.eum(organization: "Bench", eins: [SoftwareEUICC.laboratoryPrefix]), "Bench EUM")
    self.eum = try Authority(certificate: eum.certificate, key: eum.key)
    let (auth, binding) = (try issue(.dpAuthentication(oid), "DPauth"), try issue(.dpProfileBinding(oid), "DPpb"))
    let tls = try issue(.dpTLS(oid, hosts: [Self.address]), "DPtls")
    identity = try TLSIdentity(certificates: [tls.certificate.encoded], key: tls.key)
    circle = Circle(roots: [ci.certificate])
    credentials = try Credentials(
      authentication: auth.certificate, authenticationKey: auth.key, profileBinding: binding.certificate,
      profileBindingKey: binding.key, circle: circle, now: given.now)
    builder = SubscriberTemplate(try BaseProfile.template())
    let vault = try KeyVault(current: Secret(random.bytes(32)), former: [])
    let templates = [Self.template: builder]
    self.store = store
    let desk = try Desk(
      store: store, vault: vault, settings: Desk.Settings(address: Self.address), credentials: [credentials],
      circle: circle,
      packages: wrap(Workshop(templates: templates, vault: vault)))
    route = Route(desk) { Given(now: .now(), random: SystemRandomSource.shared) }
    importing = OrderImport(templates: templates, vault: vault, address: Self.address) { _ in [] }
  }

  /// Orders profile number `number` under the activation code's token that is returned.
  func order(_ number: Int) throws -> String {
    var columns = subscriber(number)
    columns["iccid"] = iccid(number)
    columns["template"] = Self.template
    columns["matchingId"] = "BENCH-\(number)"
    columns["notifications"] = notifications
    let row = OrderImport.Row(number: number, columns)
    if case .failure(let problem)? = try importing.run([row], into: store, given: given).first?.result { throw problem }
    return "BENCH-\(number)"
  }

  /// The package of profile number `number`.
  func package(_ number: Int) throws -> [UInt8] {
    try builder.package(iccid: ICCID(iccid(number)), personalData: PersonalValues(subscriber(number)))
  }

  private func iccid(_ number: Int) -> String { "8988211" + Self.padded(number, to: 11) + "0" }

  private func subscriber(_ number: Int) -> [String: String] {
    [
      "imsi": "00101" + Self.padded(number, to: 10), "k": given.random.bytes(16).hex,
      "opc": given.random.bytes(16).hex,
    ]
  }

  private static func padded(_ number: Int, to length: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, length - digits.count)) + digits
  }
}
