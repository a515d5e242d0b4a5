import Bytes
import Identifiers
import ProfilePackage
import TestSupport
import Testing
import UICC

/// An order with everything in it.
enum Order {
  static func minimal() throws -> PersonalData {
    PersonalData(
      iccid: try ICCID("8901001000000000018"), imsi: try IMSI("001010123456789"),
      authentication: .milenage(
        k: Secret(try [UInt8](hex: "465B5CE8B199B49FAA5F0A2EE238A6BC")),
        opc: Secret(try [UInt8](hex: "CD63CB71954A9F4E48A5994E37A02BAF"))))
  }

  static func full() throws -> PersonalData {
    var data = try minimal()
    data.pin1 = secret("1234")
    data.pin2 = secret("56789")
    data.puk1 = secret("11112222")
    data.puk2 = secret("33334444")
    data.adm1 = Secret([1, 2, 3, 4, 5, 6, 7, 8])
    data.serviceCentre = BCDNumber("+491710760000")
    data.msisdn = BCDNumber("+491511234567")
    data.serviceProviderName = "Zürich Tel"
    data.homeNetworks = [NetworkChoice(try PLMN("00101"))]
    data.operatorNetworks = [NetworkChoice(try PLMN("26201"), [.eutran, .ngran]), NetworkChoice(try PLMN("310410"))]
    data.equivalentHomeNetworks = [try PLMN("00101")]
    data.forbiddenNetworks = [try PLMN("99999")]
    data.routingIndicator = "017"
    data.suci = .init(
      SUCICalculationInfo(
        schemes: [.init(.profileA, keyIndex: 1), .init(.null, keyIndex: 0)],
        keys: [.init(27, [UInt8](repeating: 0xA5, count: 32))]))
    data.impi = "alice@ims.example.org"
    data.impu = ["sip:alice@ims.example.org", "tel:+491511234567"]
    data.domain = "ims.example.org"
    data.domainKeys = [
      .init(
        version: 1, encryption: Secret([UInt8](repeating: 1, count: 16)),
        authentication: Secret([UInt8](repeating: 2, count: 16)),
        keyEncryption: Secret([UInt8](repeating: 3, count: 16)))
    ]
    return data
  }

  static func secret(_ digits: String) -> Secret { Secret(Array(digits.utf8)) }
}

@Suite("Profile package: building") struct PersonalisationTests {
  private let usim: [FileIdentifier] = [0x7FD0]
  private let isim: [FileIdentifier] = [0x7FB0]

  @Test("ICCID, IMSI, K and OPc are enough: the base profile then lints without warning") func minimal() throws {
    let package = try BaseProfile.template().personalise(with: Order.minimal())
    let findings = Lint.findings(in: package).filter { $0.severity > .note }
    #expect(findings.isEmpty, "\(findings)")
    let profile = ResolvedProfile(package)
    #expect(profile.file([.iccid])?.contents.hex == "981000010000000010F8")
    #expect(try IMSI(bytes: #require(profile.file(usim + [.imsi])).contents).digits == "001010123456789")
    // TS 22.011 §4.2: the IMSI ends with 9.
    #expect(profile.file(usim + [0x6F78])?.contents == [0x02, 0x00])
    let impi = try #require(profile.file(isim + [0x6F02]))
    #expect(URIObject(impi.contents)?.text == "001010123456789@ims.mnc001.mcc001.3gppnetwork.org")
    #expect(profile.authentications.count == 2)
    // Elements are bytes of their types, and survive reading.
    #expect(try Package(decoding: package.encoded).encoded == package.encoded)
  }

  @Test("the base profile itself: nothing but its keys, which stand for others, is to be remarked") func base() throws {
    let findings = Lint.findings(in: BaseProfile.package).filter { $0.severity > .note }
    let guessable = "K consists of one repeated byte: no secret"
    #expect(findings.map(\.sentence) == [guessable, guessable])
    let slots = try BaseProfile.template().slots
    #expect(slots == Set(ProfileTemplate.Slot.allCases))
  }

  @Test("every value of an order arrives in its file or element") func full() throws {
    let package = try BaseProfile.template().personalise(with: Order.full())
    let findings = Lint.findings(in: package).filter { $0.severity > .note }
    #expect(findings.isEmpty, "\(findings)")
    let profile = ResolvedProfile(package)
    func content(_ path: FileIdentifier...) throws -> [UInt8] { try #require(profile.file(usim + path)).contents }

    let pins = profile.pins.flatMap { pins -> [PINConfiguration] in
      if case .pinconfig(let list) = pins.codes { list } else { [] }
    }
    #expect(pins.first { $0.keyReference == 1 }?.pinValue.bytes == Array("1234".utf8) + [255, 255, 255, 255])
    #expect(pins.first { $0.keyReference == 1 }?.isEnabled == true)
    #expect(pins.filter { $0.keyReference == 0x81 }.allSatisfy { $0.pinValue.bytes.starts(with: "56789".utf8) })
    #expect(pins.first { $0.keyReference == 10 }?.pinValue.bytes == [1, 2, 3, 4, 5, 6, 7, 8])
    #expect(profile.puks.map { String(decoding: $0.pukValue.bytes, as: UTF8.self) } == ["11112222", "33334444"])

    #expect(ShortMessageParameters.serviceCentre(try content(0x6F42))?.description == "+491710760000")
    #expect(DiallingNumber(try content(0x6F40))?.number?.description == "+491511234567")
    #expect(GSMText.decode(try content(0x6F46).dropFirst()) == "Zürich Tel")
    #expect(NetworkChoice.list(try content(0x6F62)).map(\.network.description) == ["001-01"])
    #expect(try content(0x6F61).prefix(5).hex == "62F2104800")
    #expect(NetworkChoice.list(try content(0x6F61)).map(\.network.description) == ["262-01", "310-410"])
    #expect(try content(0x6F61).suffix(5) == [0xFF, 0xFF, 0xFF, 0x00, 0x00])
    #expect(NetworkList.list(try content(0x6FD9)).map(\.description) == ["001-01"])
    #expect(NetworkList.list(try content(0x6F7B)).map(\.description) == ["999-99"])
    #expect(try content(0x5FC0, 0x4F0A).hex == "10F7FFFF")
    #expect(SUCICalculationInfo(try content(0x5FC0, 0x4F07))?.keys.first?.identifier == 27)
    let services = ServiceTable(try content(0x6F38))
    #expect([12, 19, 21, 42, 43, 71, 124].allSatisfy(services.contains) && !services.contains(125))

    let identities = try #require(profile.file(isim + [0x6F04])).records.compactMap { URIObject($0)?.text }
    #expect(identities == ["sip:alice@ims.example.org", "tel:+491511234567"])
    let domain = try #require(profile.securityDomains.first).domain
    #expect(domain.keyList?.map { $0.keyComponents[0].keyData.bytes[0] } == [1, 2, 3])
  }

  @Test("the USIM calculates the SUCI: DF.SAIP, services 124 and 125, get-identity, the profile's scheme")
  func suciByUSIM() throws {
    var data = try Order.full()
    data.suci?.calculator = .usim
    let package = try BaseProfile.template().personalise(with: data)
    let profile = ResolvedProfile(package)
    #expect(SUCICalculationInfo(try #require(profile.file(usim + [0x5FD0, 0x4F01])).contents)?.schemes.count == 2)
    #expect(profile.file(usim + [0x5FC0, 0x4F07])?.contents.allSatisfy { $0 == 0xFF } == true)
    let services = try #require(package.header).mandatoryServices
    #expect(services.contains(.getIdentity) && services.contains(.profileAX25519) && !services.contains(.profileBP256))
    #expect(Lint.findings(in: package).filter { $0.severity > .note }.isEmpty)
  }

  @Test("TUAK: key, TOPc, iterations, first sequence number; the header asks for it") func tuak() throws {
    var data = try Order.minimal()
    data.authentication = .tuak(
      k: Secret([UInt8](0..<32)), topc: Secret([UInt8](32..<64)), numberOfKeccak: 2)
    data.authentication?.firstSequenceNumber = 0x20
    let package = try BaseProfile.template().personalise(with: data)
    #expect(Lint.findings(in: package).filter { $0.severity > .note }.isEmpty)
    #expect(package.header?.mandatoryServices.services == [.usim, .isim, .tuak256])
    let aka = try #require(package.first(PE.AKAParameter.self))
    guard case .algoParameter(let parameter) = aka.algoConfiguration else { return #expect(Bool(false)) }
    #expect(parameter.numberOfKeccak == 2 && parameter.key.bytes.count == 32)
    #expect(aka.sqnInit?.count == 32 && aka.sqnInit?[7].bytes == [0, 0, 0, 0, 0, 0x20])
  }

  @Test("a value that does not fit, or has no place, is refused by name") func refusals() throws {
    let template = try BaseProfile.template()
    func refusal(_ change: (inout PersonalData) throws -> Void) throws -> String? {
      var data = try Order.minimal()
      try change(&data)
      do { _ = try template.personalise(with: data) } catch { return "\(error)" }
      return nil
    }
    #expect(try refusal { $0.pin1 = Order.secret("12a4") } == "pin1: 4 to 8 digits are wanted")
    #expect(try refusal { $0.puk1 = Order.secret("1234") } == "puk1: 8 digits are wanted")
    #expect(try refusal { $0.adm1 = Secret([]) } == "adm1: 0 bytes are not 1 to 8")
    #expect(
      try refusal { $0.authentication = .milenage(k: Secret([1]), opc: Secret([])) }
        == "authentication: K of 1 bytes: 16 are wanted")
    #expect(
      try refusal { $0.authentication?.firstSequenceNumber = 1 << 43 } == "authentication: SEQ has at most 43 bits")
    #expect(try refusal { $0.routingIndicator = "12345" } == "routingIndicator: 1 to 4 digits are wanted")
    #expect(try refusal { $0.serviceProviderName = "An operator with a long name" } != nil)
    let none = Secret([])
    let keys = PersonalData.DomainKeys(
      domain: BaseProfile.usimAID, version: 1, encryption: none, authentication: none, keyEncryption: none)
    #expect(try refusal { $0.domainKeys = [keys] } != nil)
    var small = BaseProfile.package
    for index in small.indices(of: PE.ISIM.self).reversed() { small.remove(at: index) }
    let without = try ProfileTemplate(small)
    #expect(!without.slots.contains(.impi))
    #expect(throws: PersonalisationError.self) { try without.personalise(with: Order.full()) }
    #expect(throws: PersonalisationError.self) { try ProfileTemplate(Package([PE.End(1)])) }
  }

  @Test("missing secrets are drawn at random, digits only") func completion() throws {
    let data = try Order.minimal().completed(random: SystemRandomSource.shared)
    #expect(data.puk1?.bytes.count == 8 && data.puk2 != data.puk1)
    #expect(data.puk1?.bytes.allSatisfy { (0x30...0x39).contains($0) } == true)
    #expect(data.pin1 == nil)
    let package = try BaseProfile.template().personalise(with: data)
    #expect(package.first(PE.PUKCodes.self)?.pukCodes[0].pukValue == data.puk1)
  }

  @Test(
    "a TS.48 package is a template too", .enabled(if: Vectors.exist, Vectors.missing),
    arguments: TestProfiles.names)
  func testProfiles(_ name: String) throws {
    let original = try TestProfiles.package(name)
    let template = try ProfileTemplate(original)
    var data = try Order.full()
    for slot in ProfileTemplate.Slot.allCases where !template.slots.contains(slot) {
      switch slot {
      case .routingIndicator: data.routingIndicator = nil
      case .suci: data.suci = nil
      case .suciByUSIM: break
      default: #expect(Bool(false), "\(name) has no place for \(slot)")
      }
    }
    let package = try template.personalise(with: data)
    let errors = Lint.findings(in: package).filter { $0.severity == .error }
    #expect(errors.isEmpty, "\(errors)")
    let profile = ResolvedProfile(package)
    #expect(profile.file(usim + [.imsi])?.contents == data.imsi?.bytes)
    #expect(
      try #require(profile.file([0x7FB0, 0x6F02])).contents.starts(with: URIObject("alice@ims.example.org").bytes))
    // What is not the subscriber's stays as it was.
    let telecom = try #require(original.indices(of: PE.TELECOM.self).first)
    #expect(package.encoded(at: telecom) == original.encoded(at: telecom))
  }
}
