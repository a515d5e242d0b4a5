import Bytes
import Identifiers
import Keys
import ProfileInterpreter
import ProfilePackage
import SecureElement
import TestSupport
import Testing
import UICC

@Suite(
  "GSMA TS.48: the test profiles as cards", .enabled(if: Vectors.exist, Vectors.missing))
struct TS48Tests {
  @Test("each profile is taken in as a whole, and the answer is ok alone", arguments: TestProfiles.names)
  func whole(name: String) throws {
    let package = try TestProfiles.package(name)
    let result = try Interpreter().interpret(package.encoded)
    #expect(result.response == EUICCResponse([PEStatus(.ok)], isAborted: false))
    #expect(try EUICCResponse(encoded: result.response.encoded) == result.response)
    #expect(result.iccid == package.header?.iccid)
    #expect(result.hasTestKeysOnly)
    #expect((8_000...64_000).contains(result.image.size), "\(result.image.size) bytes")
  }

  @Test("ETSI TS 102 221 §13.2: EF.ICCID is the header's number, for everybody to read", arguments: TestProfiles.names)
  func iccid(name: String) throws {
    let package = try TestProfiles.package(name)
    let phone = try TestPhone(package)
    #expect(try phone.select("2FE2") == .ok)
    let answer = try phone.send("00B000000A")
    let swapped = try #require(package.header?.iccidBytes).map { $0 << 4 | $0 >> 4 }
    #expect(answer.status == .ok && answer.data == swapped)
    #expect(try phone.send("00D600000100").status == .securityStatus, "only an administrator may change it")
  }

  @Test("TS 31.102 §4.2.2: EF.IMSI of the USIM in EF.DIR, once the PIN allows it", arguments: TestProfiles.names)
  func imsi(name: String) throws {
    let package = try TestProfiles.package(name)
    let phone = try TestPhone(package)
    let profile = ResolvedProfile(package)
    let usim = try #require(profile.applicationDirectories.first { $0.element.name == "usim" })
    let aid = try #require(usim.parameters.dfName)
    #expect(try phone.applications().contains(aid))
    #expect(try phone.select(aid) == .ok)
    #expect(try phone.select("7FFF6F07") == .ok)
    let isEnabled = try usePIN(of: package, phone)
    let imsi = try phone.send("00B0000009")
    #expect(imsi.status == .ok && imsi.data == profile.file(usim.path + [.imsi])?.contents, "\(isEnabled)")
    #expect(try phone.send("00D600000100").status == .securityStatus)
  }

  /// Verifies PIN 1 where it is enabled: what it guards is closed before and open afterwards.
  @discardableResult private func usePIN(of package: Package, _ phone: TestPhone) throws -> Bool {
    let pins = package.elements.compactMap { $0 as? PE.PINCodes }.flatMap(\.pins)
    let pin = try #require(pins.first { $0.reference == .pin1 })
    guard pin.isEnabled else {
      #expect(try phone.send("0020000108" + pin.pinValue.bytes.hex).status == .referencedDataInvalidated)
      return false
    }
    #expect(try phone.send("00B0000009").status == .securityStatus)
    #expect(try phone.send("0020000108" + pin.pinValue.bytes.hex).status == .ok)
    return true
  }

  @Test("ETSI TS 102 221 §9.2: with its PIN enabled, the IMSI is closed until the PIN is verified") func access() throws
  {
    var package = try TestProfiles.package(fullestProfile)
    for index in package.indices(of: PE.PINCodes.self) {
      package.update(PE.PINCodes.self, at: index) { element in
        element.pins = element.pins.map { pin in
          var pin = pin
          if pin.reference == .pin1 { pin.pinAttributes = 7 }
          return pin
        }
      }
    }
    let phone = try TestPhone(package)
    let usim = try #require(try phone.applications().first)
    #expect(try phone.select(usim) == .ok)
    #expect(try phone.select("7FFF6F07") == .ok)
    #expect(try usePIN(of: package, phone))
    #expect(try phone.send("00B0000009").status == .ok)
    // Three wrong attempts block the PIN; the PUK of the package opens it again.
    for _ in 0..<3 { try phone.send("002000010839393939FFFFFFFF") }
    #expect(try phone.send("00200001").status == .verificationFailed(tries: 0))
    let puks = package.elements.compactMap { $0 as? PE.PUKCodes }.flatMap(\.pukCodes)
    let puk = try #require(puks.first { $0.keyReference == 1 })
    #expect(try phone.send("002C000110" + puk.pukValue.bytes.hex + "31323334FFFFFFFF").status == .ok)
    #expect(try phone.send("002000010831323334FFFFFFFF").status == .ok)
  }

  @Test("every file reads as the package has it, or not at all", arguments: TestProfiles.names)
  func contents(name: String) throws {
    let package = try TestProfiles.package(name)
    let phone = try TestPhone(package)
    try verifyAllPINs(of: package, phone)
    var read = 0
    let profile = ResolvedProfile(package)
    for file in profile.files where file.parameters.descriptor?.structure == .transparent && !file.isLink {
      guard let directory = profile.file(Array(file.path.prefix(1))) else { continue }
      var path = file.path
      if let aid = directory.parameters.dfName {
        #expect(try phone.select(aid) == .ok)
        path[0] = .currentADF
      }
      #expect(try phone.select(path.flatMap(\.bytes).hex) == .ok, "\(file.name)")
      let answer = try phone.send("00B0000000")
      guard answer.status == .ok else { continue }
      read += 1
      #expect(answer.data == Array(file.contents.prefix(256)), "\(file.name) at \(file.pathDescription)")
    }
    #expect(read > 40, "\(read) files")
  }

  private func verifyAllPINs(of package: Package, _ phone: TestPhone) throws {
    for pin in package.elements.compactMap({ $0 as? PE.PINCodes }).flatMap(\.pins) {
      guard let reference = pin.reference else { continue }
      try phone.send("002000" + [reference.rawValue, 8].hex + pin.pinValue.bytes.hex)
    }
  }

  @Test("TS 34.108 §8.1.2: USIM and ISIM answer with the test algorithm's values", arguments: TestProfiles.names)
  func authenticate(name: String) throws {
    let package = try TestProfiles.package(name)
    let phone = try TestPhone(package)
    try verifyAllPINs(of: package, phone)
    let profile = ResolvedProfile(package)
    #expect(profile.authentications.count >= 2)
    let rand = [UInt8](0x10..<0x20)
    var authenticated = 0
    for item in profile.authentications {
      guard case .algoParameter(let parameter) = item.parameter.algoConfiguration,
        let aid = profile.file(item.application)?.parameters.dfName
      else { continue }
      let algorithm = try TestAlgorithm(
        k: parameter.key, resLength: [4, 8, 16, 16][Int(parameter.algorithmOptions[0] & 3)])
      #expect(try phone.select(aid) == .ok)
      let answer = try phone.authenticate(algorithm, rand: rand, sqn: 32)
      let expected = try algorithm.f2345(rand: rand).answer
      #expect(answer.status == .ok && answer.data.starts(with: expected), "\(aid)")
      #expect(try phone.authenticate(algorithm, rand: rand, sqn: 32, amf: [0xFF, 0xFF]).data.first == 0xDC)
      authenticated += 1
    }
    #expect(authenticated > 0)
  }

  @Test("what no command uses yet stands with the profile: security domains, RFM, CDMA parameters")
  func records() throws {
    let package = try TestProfiles.package(fullestProfile)
    let phone = try TestPhone(package)
    let kept = phone.memory.map.areas.flatMap(phone.memory.map.keys(in:)).compactMap { phone.memory.map[$0] }
    let indices =
      package.indices(of: PE.SecurityDomain.self) + package.indices(of: PE.RFM.self)
      + package.indices(of: PE.CDMAParameter.self)
    #expect(indices.count >= 6)
    for index in indices { #expect(kept.contains(package.encoded(at: index)), "element \(index + 1)") }
  }

  @Test("two cards of one package share their contents") func sharing() throws {
    let package = try TestProfiles.package(fullestProfile).encoded
    let phones = try (0..<2).map { _ in try TestPhone(Interpreter().interpret(package).image) }
    let (first, second) = (phones[0].memory.map, phones[1].memory.map)
    let keys = first.areas.flatMap(first.keys(in:))
    #expect(keys == second.areas.flatMap(second.keys(in:)))
    func address(_ bytes: [UInt8]?) -> UnsafeRawPointer? { bytes?.withUnsafeBytes(\.baseAddress) }
    for key in keys {
      #expect(first[key] == second[key])
      #expect(address(first[key]) == address(second[key]))
    }
    #expect(try phones[0].select("2FE2") == .ok)
  }
}
