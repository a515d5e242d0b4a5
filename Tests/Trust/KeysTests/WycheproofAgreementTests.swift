import Bytes
import Keys
import TestSupport
import Testing

@Suite("Wycheproof: ECDH", .enabled(if: Vectors.exist, Vectors.missing)) struct WycheproofAgreementTests {
  struct Group: Decodable {
    struct Case: Decodable {
      let tcId: Int
      let `public`, `private`, shared: Hex
      let result: String
    }
    let tests: [Case]
  }

  /// What comes before the point in a SubjectPublicKeyInfo that names the curve.
  static let headers: [Curve: String] = [
    .p256: "3059301306072A8648CE3D020106082A8648CE3D030107034200",
    .brainpoolP256r1: "305A301406072A8648CE3D020106092B2403030208010107034200",
  ]

  @Test(
    "valid points give the published secret, points off the curve are refused when the key is made",
    arguments: [(Curve.p256, "secp256r1"), (.brainpoolP256r1, "brainpoolP256r1")])
  func agreement(curve: Curve, name: String) throws {
    let header = try [UInt8](hex: #require(Self.headers[curve]))
    let file: Wycheproof<Group> = try Vectors.load("wycheproof/ecdh_\(name)_test.json")
    var (taken, refused) = (0, 0)
    for test in file.testGroups.flatMap(\.tests) where test.public.bytes.starts(with: header) {
      let point = test.public.bytes.dropFirst(header.count)
      if test.result == "valid" {
        let number = test.private.bytes.drop { $0 == 0 }
        let scalar = [UInt8](repeating: 0, count: 32 - number.count) + number
        let secret = try PrivateKey(curve, scalar: scalar).agree(with: PublicKey(curve, point: point))
        #expect(secret.bytes == test.shared.bytes, "test \(test.tcId)")
        taken += 1
      } else {
        #expect(throws: KeyError.self, "test \(test.tcId)") { try PublicKey(curve, point: point) }
        refused += 1
      }
    }
    #expect(taken >= 330 && refused >= 16)
  }
}
