import Bytes
import Identifiers
import Keys
import ProfileInterpreter
import ProfilePackage
import SecureElement
import TLV
import TestSupport
import Testing
import UICC

@Suite("What the elements become") struct ElementTests {
  private let package: Package

  init() throws { package = try usualPackage() }

  private func changed<Element: ProfileElement>(
    _ type: Element.Type, _ number: Int = 0, _ change: (inout Element) throws -> Void
  ) throws -> Package {
    var package = package
    try package.update(type, at: package.indices(of: type)[number], change)
    return package
  }

  private func statuses(_ bytes: [UInt8]) throws -> [PEStatus] {
    let response = try Interpreter().interpret(bytes).response
    #expect(!response.isAborted)
    return response.peStatus
  }

  // MARK: §7.2

  @Test("§7.2: an element that is not mandated is left out with a warning") func leftOut() throws {
    let end = package.count - 1
    let issuer = try #require(OID("2.23.143.1"))
    var other = package
    other.insert(PE.NonStandard(PEHeader(200, isMandated: false), issuer: issuer, content: [1]), at: end)
    #expect(try statuses(other.encoded) == [PEStatus(.peNotSupported, identification: 200), PEStatus(.ok)])
    // An element of a later version: [60], whose header alone is known.
    func later(_ header: [UInt8]) throws -> [UInt8] {
      try package.encoded(changing: end) { [0xBF, 0x3C, UInt8(header.count)] + header + Array($0.encoded) }
    }
    #expect(
      try statuses(later([0xA0, 3, 0x81, 1, 77])) == [PEStatus(.peNotSupported, identification: 77), PEStatus(.ok)])
    let failure = try refusal(of: later([0xA0, 5, 0x80, 0, 0x81, 1, 77]))
    #expect(failure.response.peStatus == [PEStatus(.peNotSupported, identification: 77)])
  }

  @Test("§7.2: nothing stays of an element that fails half-way") func rollback() throws {
    let index = try #require(package.indices(of: PE.PINCodes.self).last)
    let identification = try #require(package.elements[index].header?.identification)
    let broken = try changed(PE.PINCodes.self, package.indices(of: PE.PINCodes.self).count - 1) {
      var second = $0.pins[0]
      second.pinValue = Secret([1])
      $0.pins.append(second)
    }
    let bytes = try broken.encoded(changing: index) { try $0.element(mandated: false) }
    #expect(try statuses(bytes) == [PEStatus(.badValues, identification: identification), PEStatus(.ok)])
    var without = package
    without.remove(at: index)
    func contents(_ bytes: [UInt8]) throws -> [MemoryKey: [UInt8]] {
      let map = try TestPhone(Interpreter().interpret(bytes).image).memory.map
      let keys = map.areas.flatMap(map.keys(in:))
      return Dictionary(uniqueKeysWithValues: keys.compactMap { key in map[key].map { (key, $0) } })
    }
    #expect(try contents(bytes) == contents(without.encoded))
  }

  @Test("§8.7: code to load finds no runtime") func code() throws {
    // PE-Application without code and instances: its header alone.
    func application(_ header: [UInt8]) throws -> [UInt8] {
      try package.encoded(changing: package.count - 1) { [0xA8, UInt8(header.count)] + header + Array($0.encoded) }
    }
    #expect(
      try statuses(application([0xA0, 3, 0x81, 1, 78]))
        == [PEStatus(.runtimeNotSupported, identification: 78), PEStatus(.ok)])
    let failure = try refusal(of: application([0xA0, 5, 0x80, 0, 0x81, 1, 78]))
    #expect(failure.response.peStatus == [PEStatus(.runtimeNotSupported, identification: 78)])
  }

  // MARK: §8.4.2

  private func usim(_ phone: TestPhone) throws {
    let aid = try #require(try phone.applications().first { $0.bytes.starts(with: [0xA0, 0, 0, 0, 0x87, 0x10, 2]) })
    #expect(try phone.select(aid) == .ok)
    for pin in package.elements.compactMap({ $0 as? PE.PINCodes }).flatMap(\.pins) where pin.reference == .pin1 {
      try phone.send("0020000108" + pin.pinValue.bytes.hex)
    }
  }

  @Test("§8.4.2: Milenage with its first sequence numbers; another application shares them") func milenage() throws {
    let (k, opc) = (Secret([UInt8](1...16)), Secret([UInt8](17...32)))
    let algorithm = try Milenage(k: k, opc: opc)
    let rand = [UInt8](repeating: 0x5A, count: 16)
    var package = try changed(PE.AKAParameter.self) {
      $0.algoConfiguration = .algoParameter(AlgoParameter(.milenage, key: k, opc: opc))
      $0.sqnInit = [OctetString](repeating: OctetString([0, 0, 0, 0, 1, 0]), count: 32)
    }
    let aid = try #require(
      ResolvedProfile(package).authentications.first.flatMap { item in
        ResolvedProfile(package).file(item.application)?.parameters.dfName
      })
    let isim = try #require(package.indices(of: PE.AKAParameter.self).dropFirst().first)
    package.update(PE.AKAParameter.self, at: isim) {
      $0.algoConfiguration = .mappingParameter(MappingParameter(options: 0, source: aid))
    }
    let result = try Interpreter().interpret(package.encoded)
    #expect(!result.hasTestKeysOnly)
    let phone = try TestPhone(result.image)
    try usim(phone)
    #expect(try phone.authenticate(algorithm, rand: rand, sqn: 0x100 << 5).data.first == 0xDC, "not above the first")
    let answer = try phone.authenticate(algorithm, rand: rand, sqn: 0x101 << 5)
    #expect(try answer.data.starts(with: algorithm.f2345(rand: rand).answer))
    let other = try #require(ResolvedProfile(package).authentications.dropFirst().first)
    let otherAID = try #require(ResolvedProfile(package).file(other.application)?.parameters.dfName)
    #expect(try phone.select(otherAID) == .ok)
    #expect(try phone.authenticate(algorithm, rand: rand, sqn: 0x101 << 5).data.first == 0xDC, "used by the USIM")
    #expect(try phone.authenticate(algorithm, rand: rand, sqn: 0x102 << 5).data.first == 0xDB)
  }

  @Test("§8.4.2: TUAK with a key of 32 bytes") func tuak() throws {
    let (k, topc) = (Secret([UInt8](1...32)), Secret([UInt8](33...64)))
    let algorithm = try TUAK(k: k, topc: topc, iterations: 2)
    let phone = try TestPhone(
      changed(PE.AKAParameter.self) {
        var parameter = AlgoParameter(.tuak, key: k, opc: topc)
        parameter.numberOfKeccak = 2
        $0.algoConfiguration = .algoParameter(parameter)
      })
    try usim(phone)
    let rand = [UInt8](repeating: 0x5A, count: 16)
    let answer = try phone.authenticate(algorithm, rand: rand, sqn: 32)
    #expect(try answer.data.starts(with: algorithm.f2345(rand: rand).answer))
  }

  // MARK: §8.6

  @Test("§8.6: the MNO-SD is selected by its name and tells what keys it has, and no key") func securityDomain() throws
  {
    let key = Secret([UInt8](repeating: 0x42, count: 16))
    let phone = try TestPhone(
      changed(PE.SecurityDomain.self) {
        $0.keyList = [KeyObject(usage: 0x38, identifier: 1, version: 0x30, type: 0x88, data: key)]
      })
    #expect(try phone.send("80CA00E000").status != .ok, "nothing is selected")
    let aid = BaseProfile.securityDomainAID
    let answer = try phone.send("00A40400" + [UInt8(aid.bytes.count)].hex + aid.bytes.hex + "00")
    #expect(answer.data.hex.hasPrefix("6F") && answer.data.hex.contains(aid.bytes.hex))
    #expect(try phone.send("80CA00E000").data.hex == "E006C00401308810")
    #expect(try phone.send("80CA006600").status == .referencedDataNotFound)
    #expect(try phone.send("00B0000001").status != .ok, "it has no files")
    #expect(try phone.select("2F00") == .ok)
    #expect(try phone.send("80CA00E000").status != .ok, "something else is selected")
    _ = phone.card.reset()
    #expect(try phone.send("80CA00E000").status != .ok)
    var without = package
    without.remove(at: try #require(without.indices(of: PE.SecurityDomain.self).first))
    for index in without.indices(of: PE.RFM.self).reversed() { without.remove(at: index) }
    #expect(try TestPhone(without).select(aid) == .fileNotFound)
  }

  // MARK: §8.3.5

  @Test("§8.3.5: a file without template stands where it was created") func genericFile() throws {
    var fcp = Fcp()
    (fcp.fileDescriptor, fcp.fileID, fcp.securityAttributesReferenced) = ([0x41, 0x21], 0x4F77, [0x2F, 0x06, 0x01])
    fcp.fileSize = 5
    var package = package
    package.insert(
      PE.GenericFileManagement(
        210, [.filePath([]), .createFCP(fcp), .fillFileOffset(1), .fillFileContent([1, 2, 3])]),
      at: package.count - 1)
    let phone = try TestPhone(package)
    #expect(try phone.select("4F77") == .ok)
    fcp.fileSize = 2
    package.insert(
      PE.GenericFileManagement(211, [.filePath([]), .createFCP(fcp)]), at: package.count - 1)
    #expect(try refusal(of: package.encoded).response.peStatus == [PEStatus(.badValues, identification: 211)])
  }
}
