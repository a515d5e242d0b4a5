import Bytes
import Identifiers
import Keys
import ProfilePackage
import SGP22
import SMDPPlus
import TestSupport

enum Fixture {
  static let address = "smdp.example.com"
  /// Within the validity of all certificates.
  static let now = TestCircle.start
  static let eid = made { try EID("89049032123451234512345678901235") }
  static let vault = made { try KeyVault(current: Secret([UInt8](repeating: 1, count: 32))) }

  static func iccid(_ number: Int) -> ICCID { made { try ICCID("890100000000000\(1000 + number)") } }

  /// A constant of the tests, made by a throwing initialiser.
  static func made<Value>(_ make: () throws -> Value) -> Value {
    do { return try make() } catch { preconditionFailure("\(error)") }
  }

  static func metadata(_ number: Int) -> StoreMetadataRequest {
    StoreMetadataRequest(
      iccid: iccid(number), serviceProviderName: "Simurgh", profileName: "test \(number)",
      notificationConfigurationInfo: [
        .init(
          profileManagementOperation: [.notificationInstall, .notificationEnable], notificationAddress: address)
      ])
  }

  static func order(_ number: Int = 0, state: Order.State = .released, matchingId: String? = "TOKEN") -> Order {
    Order(
      iccid: iccid(number), state: state, owner: "", profileType: "test", matchingId: matchingId,
      metadata: metadata(number).encoded, source: .template("test"), personalData: personalData(number))
  }

  static func personalData(_ number: Int) -> [UInt8] {
    made {
      try PersonalValues(["imsi": "00101012345678\(number % 10)"]).wrapped(
        for: iccid(number), in: vault, random: SystemRandomSource.shared)
    }
  }

  /// The hash of a confirmation code, wrapped for profile `number`.
  static func hash(_ code: String, _ number: Int = 0) -> ConfirmationHash {
    made {
      try ConfirmationHash(
        of: Secret(Array(code.utf8)), for: iccid(number), in: vault, random: SystemRandomSource.shared)
    }
  }

  /// The house's own profile for `iccid`, ready made.
  static func readyMade(_ iccid: ICCID) throws -> [UInt8] {
    let data = PersonalData(
      iccid: iccid, imsi: try IMSI("001010123456789"),
      authentication: .milenage(
        k: Secret([UInt8](repeating: 0x46, count: 16)), opc: Secret([UInt8](repeating: 0xCD, count: 16))))
    return try BaseProfile.template().personalise(with: data.completed(random: SystemRandomSource.shared)).encoded
  }

  /// Makes packages of 12 kB that tell whose they are.
  struct Template: PackageBuilder {
    let parameters: Set<String> = ["imsi"]

    func package(iccid: ICCID, personalData: PersonalValues) throws -> [UInt8] {
      Array("\(iccid) \(personalData["imsi"] ?? "") ".utf8) + [UInt8](repeating: 0x55, count: 12_000)
    }
  }
}
