import AuC
import Bytes
import Identifiers
import Keys
import SGP22

/// A subscriber that the lab makes up.
struct LabSubscriber {
  let iccid: ICCID
  let imsi: IMSI
  let k: Secret
  let opc: Secret
  let pin = "1234"

  /// Network 001-01 is the test network (TS 34.108 §8.3.2.2).
  init(random: any RandomSource) throws {
    func digits(_ count: Int) -> String { random.bytes(count).map { String($0 % 10) }.joined() }
    let body = "8988211\(digits(11))"
    iccid = try ICCID(body + Self.checkDigit(of: body))
    imsi = try IMSI("00101\(digits(10))")
    (k, opc) = (Secret(random.bytes(16)), Secret(random.bytes(16)))
  }

  /// The subscriber for the AuC.
  func record() throws -> Subscriber {
    try Subscriber(imsi: imsi, credentials: Credentials(k: k, algorithm: .milenage(opc: opc)))
  }

  /// The row of an order file that describes the profile.
  var row: [String: String] {
    [
      "iccid": iccid.digits, "imsi": imsi.digits, "k": k.bytes.hex, "opc": opc.bytes.hex,
      "pin1": pin,
      "state": "available", "profileType": "lab", "serviceProvider": "Simurgh", "profileName": "Simurgh Lab",
      "plmn": "00101",
    ]
  }

  /// ISO/IEC 7812-1: the digit after which the Luhn sum is a multiple of ten.
  static func checkDigit(of body: String) -> String {
    (0...9).map(String.init).first { (try? ICCID(body + $0))?.hasCheckDigit == true } ?? "0"
  }
}

/// The lab's telephone.
enum LabDevice {
  static let info = DeviceInfo(
    tac: [0x53, 0x96, 0x83, 0x30],
    deviceCapabilities: DeviceCapabilities([.gsm: VersionType(15, 0, 0), .eutran: VersionType(15, 0, 0)]))
}
