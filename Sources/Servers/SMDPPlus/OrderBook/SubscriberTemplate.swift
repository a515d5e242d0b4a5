import Bytes
import Identifiers
import Keys
import ProfilePackage

/// A profile template that an order's personal data fill, by the names of its columns.
///
/// | Name | Value |
/// |---|---|
/// | `imsi` | 6 to 15 digits |
/// | `mnclength` | 2 or 3; 2 where it is missing |
/// | `algorithm` | milenage (the usual one), tuak or test |
/// | `k` | 16 bytes in hexadecimal; tuak also 32 |
/// | `opc`, `topc` | 16 or 32 bytes; `op` instead of `opc` is the operator's secret that OPc is computed from |
/// | `pin1`, `pin2`, `puk1`, `puk2`, `adm1` | digits, or 8 bytes in hexadecimal; made up where they are missing, but pin1 |
/// | `smsc`, `msisdn` | telephone numbers in international form |
/// | `spn` | the service provider's name on the screen |
/// | `hplmn`, `oplmn`, `ehplmn`, `fplmn` | networks, "00101 00102" |
/// | `impi`, `impu`, `domain` | the ISIM's identities |
/// | `suci` | how the identity is concealed, most wanted first: "B 27 KEY; A 30 KEY; null", scheme, key identifier, key |
/// | `sucicalculator` | who conceals it: `terminal` (the default) or `usim` |
/// | `sdkeys` | AES keys of the MNO-SD: "30 ENC MAC DEK", version and keys in hexadecimal; sets parted by ";" |
public struct SubscriberTemplate: PackageBuilder {
  private let template: ProfileTemplate

  /// Fills `template`.
  public init(_ template: ProfileTemplate) { self.template = template }

  public var parameters: Set<String> {
    [
      "imsi", "mnclength", "algorithm", "k", "op", "opc", "topc", "pin1", "pin2", "puk1", "puk2", "adm1", "smsc",
      "msisdn", "spn", "hplmn", "oplmn", "ehplmn", "fplmn", "impi", "impu", "domain",
      "suci", "sucicalculator", "sdkeys",
    ]
  }

  public func package(iccid: ICCID, personalData: PersonalValues) throws -> [UInt8] {
    for name in personalData.values.keys where !parameters.contains(name) {
      throw OrderImport.RowProblem(name, "the template has no such value")
    }
    let read = Cells(personalData)
    let imsi = try read.required("imsi") { try IMSI($0) }
    var data = PersonalData(iccid: iccid, imsi: imsi, authentication: try authentication(read))
    data.mncLength = try read("mnclength") { Int($0).flatMap { (2...3).contains($0) ? $0 : nil } } ?? 2
    (data.pin1, data.pin2) = (try read("pin1", Self.code), try read("pin2", Self.code))
    (data.puk1, data.puk2) = (try read("puk1", Self.code), try read("puk2", Self.code))
    data.adm1 = try read("adm1", Self.code)
    data.serviceCentre = try read("smsc") { BCDNumber($0) }
    data.msisdn = try read("msisdn") { BCDNumber($0) }
    data.serviceProviderName = try read("spn") { $0 }
    data.homeNetworks = try read("hplmn", Self.networks)?.map { NetworkChoice($0) }
    data.operatorNetworks = try read("oplmn", Self.networks)?.map { NetworkChoice($0) }
    data.equivalentHomeNetworks = try read("ehplmn", Self.networks)
    data.forbiddenNetworks = try read("fplmn", Self.networks)
    (data.impi, data.domain) = (try read("impi") { $0 }, try read("domain") { $0 })
    data.impu = try read("impu") { $0.split(separator: " ").map(String.init) }
    data.suci = try suci(read)
    data.domainKeys = try read("sdkeys", Self.domainKeys) ?? []
    // What is made up depends on the keys alone, so that a second download brings the same PINs.
    let seed = hmacSHA256(Array("Simurgh PINs \(iccid)".utf8), key: try read.required("k", Self.secret))
    return try template.personalise(with: data.completed(random: SeededRandomSource(seed: seed))).encoded
  }

  private func authentication(_ read: Cells) throws -> PersonalData.Authentication {
    let k = try read.required("k", Self.secret)
    switch personalAlgorithm(try read("algorithm") { $0 }) {
    case "tuak": return .tuak(k: k, topc: try read.required("topc", Self.secret))
    case "test": return .test(k: k)
    case "milenage":
      if let op = try read("op", Self.secret), try read("opc", Self.secret) == nil {
        return .milenage(k: k, opc: try Milenage.opc(k: k, op: op))
      }
      return .milenage(k: k, opc: try read.required("opc", Self.secret))
    case let other: throw OrderImport.RowProblem("algorithm", "\"\(other)\" is none of milenage, tuak and test")
    }
  }

  private func suci(_ read: Cells) throws -> PersonalData.SUCI? {
    let calculator =
      try read("sucicalculator") { ["terminal": .terminal, "usim": .usim][$0.lowercased()] }
      ?? PersonalData.SUCI.Calculator.terminal
    return try read("suci", Self.suci).map { .init($0, by: calculator) }
  }

  private func personalAlgorithm(_ text: String?) -> String { text?.lowercased() ?? "milenage" }

  // MARK: Cells

  /// Values by name, parsed with a complaint that names the column and never the value.
  private struct Cells {
    let data: PersonalValues

    init(_ data: PersonalValues) { self.data = data }

    func callAsFunction<Value>(_ name: String, _ parse: (String) throws -> Value?) throws -> Value? {
      guard let text = data[name], !text.isEmpty else { return nil }
      guard let value = try? parse(text) else { throw OrderImport.RowProblem(name, "its value cannot be used") }
      return value
    }

    func required<Value>(_ name: String, _ parse: (String) throws -> Value?) throws -> Value {
      guard let value = try self(name, parse) else { throw OrderImport.RowProblem(name, "it is missing") }
      return value
    }
  }

  private static func secret(_ text: String) throws -> Secret { Secret(try [UInt8](hex: text)) }

  /// A PIN's digits, or the 8 bytes themselves.
  private static func code(_ text: String) throws -> Secret? {
    if (4...8).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
      return Secret(Array(text.utf8))
    }
    let bytes = try [UInt8](hex: text)
    return bytes.count == 8 ? Secret(bytes) : nil
  }

  private static func networks(_ text: String) throws -> [PLMN] {
    try text.split { $0 == " " || $0 == "," || $0 == ";" }.map { try PLMN($0) }
  }
}
