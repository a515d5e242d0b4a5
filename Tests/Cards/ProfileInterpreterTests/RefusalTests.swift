import Bytes
import Identifiers
import ProfileInterpreter
import ProfilePackage
import TLV
import TestSupport
import Testing
import UICC

@Suite("A package that cannot be installed") struct RefusalTests {
  private let package: Package
  private let usim: Int

  init() throws {
    package = try usualPackage()
    usim = try #require(package.indices(of: PE.USIM.self).first)
  }

  /// The refusal's last status, which aborts.
  private func status(
    _ bytes: [UInt8], by interpreter: Interpreter = Interpreter(), sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> PEStatus {
    let failure = try refusal(of: bytes, by: interpreter, sourceLocation: sourceLocation)
    #expect(failure.response.isAborted, sourceLocation: sourceLocation)
    #expect(try EUICCResponse(encoded: failure.response.encoded) == failure.response, sourceLocation: sourceLocation)
    #expect((2...64).contains(failure.response.statusMessage?.utf8.count ?? 0), sourceLocation: sourceLocation)
    return try #require(failure.response.peStatus.last, sourceLocation: sourceLocation)
  }

  private func changed<Element: ProfileElement>(
    _ type: Element.Type, _ number: Int = 0, _ change: (inout Element) throws -> Void
  ) throws -> [UInt8] {
    var package = package
    let index = package.indices(of: type)[number]
    try package.update(type, at: index, change)
    return package.encoded
  }

  // MARK: Elements

  @Test("§8.11: a malformed element is named, whichever it is") func malformed() throws {
    for (index, element) in package.elements.enumerated().dropFirst() {
      let bytes = try package.encoded(changing: index) { try $0.element(mandated: true, rest: [0x04, 0x00]) }
      let identification = try #require(element.header?.identification)
      #expect(try status(bytes) == PEStatus(.invalidRequestFormat, identification: identification), "\(element.name)")
    }
    let header = try package.encoded(changing: 0) { _ in [0xA0, 0x02, 0x04, 0x00] }
    #expect(try status(header) == PEStatus(.invalidRequestFormat))
  }

  @Test("a package cut anywhere is refused") func truncation() throws {
    let bytes = package.encoded
    for length in stride(from: 0, to: bytes.count, by: 3) {
      _ = try status(Array(bytes.prefix(length)))
    }
  }

  @Test("a package without one of its elements is refused with an element's number, or still a whole profile")
  func missing() throws {
    for index in package.elements.indices {
      var shorter = package
      shorter.remove(at: index)
      do throws(InterpretationFailure) {
        _ = try Interpreter().interpret(shorter.encoded)
      } catch {
        #expect(error.response.peStatus.last?.identification != nil, "element \(index + 1): \(error)")
      }
    }
    var headless = package
    headless.remove(at: 0)
    #expect(try status(headless.encoded).status == .invalidRequestFormat)
    var endless = package
    endless.remove(at: package.count - 1)
    #expect(try status(endless.encoded).status == .invalidRequestFormat)
  }

  @Test("§8.1.3: nothing follows the end, and the header stands once") func order() throws {
    let end = package.encoded(at: package.count - 1)
    #expect(try status(package.encoded + end).status == .invalidRequestFormat)
    let twice = package.encoded(at: 0) + package.encoded
    #expect(try status(twice).status == .invalidRequestFormat)
    #expect(try status([]).status == .invalidRequestFormat)
  }

  @Test("§8.1: an identification that stands twice is refused, whoever has it") func identifications() throws {
    let twice = try package.encoded(changing: usim) { Array($0.encoded) + Array($0.encoded) }
    let identification = try #require(package.elements[usim].header?.identification)
    #expect(try status(twice) == PEStatus(.invalidRequestFormat, identification: identification))
    let issuer = try #require(OID("2.23.143.1"))
    var package = package
    package.insert(PE.NonStandard(PEHeader(identification, isMandated: false), issuer: issuer, content: []), at: 1)
    #expect(try status(package.encoded) == PEStatus(.invalidRequestFormat, identification: identification))
  }

  @Test("a second USIM with the same application identifier is refused where it stands") func duplicate() throws {
    let twice = try package.encoded(changing: usim) {
      try Array($0.encoded) + $0.element(mandated: true, identification: 500)
    }
    #expect(try status(twice) == PEStatus(.badValues, identification: 500))
  }

  // MARK: Header

  @Test("§8.2.1: a mandatory service, template, library or version that the card lacks ends the installation")
  func header() throws {
    let service = try changed(ProfileHeader.self) { $0.mandatoryServices.set(.contactless, true) }
    #expect(try status(service) == PEStatus(.featureNotSupported))
    #expect(try refusal(of: service).description.contains("contactless"))
    let template = try changed(ProfileHeader.self) {
      $0.mandatoryTemplates.append(try #require(OID("2.23.143.1.2.99")))
    }
    #expect(try status(template) == PEStatus(.templateNotSupported))
    #expect(try status(changed(ProfileHeader.self) { $0.majorVersion = 4 }).status == .unsupportedProfileVersion)
    #expect(try status(changed(ProfileHeader.self) { $0.iccidBytes[0] = 0xEE }).status == .badValues)
    var configuration = Interpreter.Configuration()
    configuration.services.remove(.milenage)
    #expect(try status(package.encoded, by: Interpreter(configuration)).status == .featureNotSupported)
  }

  // MARK: Secrets

  @Test("§8.4.2: authentication parameters of wrong sizes are refused") func authentication() throws {
    func change(_ change: (inout AlgoParameter) -> Void) throws -> PEStatus {
      try status(
        changed(PE.AKAParameter.self) { element in
          guard case .algoParameter(var parameter) = element.algoConfiguration else { return }
          change(&parameter)
          element.algoConfiguration = .algoParameter(parameter)
        })
    }
    let index = try #require(package.indices(of: PE.AKAParameter.self).first)
    let identification = try #require(package.elements[index].header?.identification)
    let bad = PEStatus(.badValues, identification: identification)
    #expect(try change { $0.key = Secret([1]) } == bad)
    #expect(try change { $0.algorithmID = 9 } == PEStatus(.featureNotSupported, identification: identification))
    #expect(try change { $0.algorithmOptions = [] } == bad)
    #expect(try change { $0.authCounterMax = [1] } == bad)
    #expect(try change { ($0.algorithmID, $0.opc) = (1, Secret([1])) } == bad)
    #expect(try change { ($0.algorithmID, $0.rotationConstants) = (1, [1]) } == bad)
    #expect(try change { ($0.algorithmID, $0.xoringConstants) = (1, [1]) } == bad)
    #expect(try change { ($0.algorithmID, $0.opc) = (2, Secret([UInt8](repeating: 1, count: 16))) } == bad)
    let topc = Secret([UInt8](repeating: 1, count: 32))
    #expect(try change { ($0.algorithmID, $0.opc, $0.numberOfKeccak) = (2, topc, 0) } == bad)
    #expect(try change { ($0.algorithmID, $0.opc, $0.algorithmOptions) = (2, topc, [0x61]) } == bad)
    #expect(try status(changed(PE.AKAParameter.self) { $0.sqnDelta = [0x08, 0, 0, 0, 0, 0] }) == bad)
    #expect(try status(changed(PE.AKAParameter.self) { $0.sqnAgeLimit = [1] }) == bad)
    #expect(try status(changed(PE.AKAParameter.self) { $0.sqnOptions = [] }) == bad)
    #expect(
      try status(changed(PE.AKAParameter.self) { $0.sqnOptions = [0x06] })
        == PEStatus(.featureNotSupported, identification: identification))
    #expect(throws: Never.self) {
      _ = try Interpreter().interpret(changed(PE.AKAParameter.self) { $0.sqnOptions = [0x00] })
    }
    #expect(try status(changed(PE.AKAParameter.self) { $0.sqnInit = [OctetString([1])] }) == bad)
    let mapping = MappingParameter(options: 0, source: AID(literal: "A000000087100200"))
    #expect(try status(changed(PE.AKAParameter.self) { $0.algoConfiguration = .mappingParameter(mapping) }) == bad)
  }

  @Test("§8.5: PINs and unblocking codes") func codes() throws {
    func pin(_ change: (inout PINConfiguration) -> Void) throws -> PEStatus.Status {
      try status(changed(PE.PINCodes.self) { change(&$0.pins[0]) }).status
    }
    #expect(try pin { $0.pinValue = Secret([0x31]) } == .badValues)
    #expect(try pin { $0.keyReference = 0x20 } == .badValues)
    #expect(try pin { $0.keyReference = 1000 } == .badValues)
    #expect(try pin { $0.attempts = 0x34 } == .badValues)
    #expect(try pin { $0.attempts = 0 } == .badValues)
    #expect(try pin { $0.unblockingPINReference = 7 } == .pinCodeMissing)
    func puk(_ change: (inout PUKConfiguration) -> Void) throws -> PEStatus.Status {
      try status(changed(PE.PUKCodes.self) { change(&$0.pukCodes[0]) }).status
    }
    #expect(try puk { $0.pukValue = Secret([0x31]) } == .badValues)
    #expect(try puk { $0.attempts = 0x12 } == .badValues)
    #expect(try status(changed(PE.PINCodes.self, 1) { $0.pinCodes = .filePath([0x7F, 0x77]) }).status == .badValues)
  }

  @Test("§8.6, §8.8: security domains and remote file management") func remote() throws {
    var key = KeyObject(usage: 0x18, identifier: 1, version: 1, type: 0x88, data: Secret([UInt8](0..<16)))
    #expect(throws: Never.self) { try Interpreter().interpret(changed(PE.SecurityDomain.self) { $0.keyList = [key] }) }
    key.keyIdentifier = []
    #expect(try status(changed(PE.SecurityDomain.self) { $0.keyList = [key] }).status == .badValues)
    let unknown = AID(literal: "A0000001515350FF")
    #expect(try status(changed(PE.RFM.self) { $0.securityDomainAID = unknown }).status == .badValues)
    #expect(try status(changed(PE.RFM.self) { $0.adfRFMAccess = ADFRFMAccess(adfAID: unknown) }).status == .badValues)
    var package = package
    for index in package.indices(of: PE.SecurityDomain.self).reversed() { package.remove(at: index) }
    #expect(try status(package.encoded).status == .invalidRequestFormat)
  }

  // MARK: Limits

  @Test("a card with too little memory says so, and where it was full") func memory() throws {
    let needed = try Interpreter().interpret(package.encoded).image.size
    for limit in [0, 1000, package.encoded.count, needed / 2 + package.encoded.count / 2] {
      var configuration = Interpreter.Configuration()
      configuration.memoryLimit = limit
      let failure = try refusal(of: package.encoded, by: Interpreter(configuration))
      #expect(failure.cause == .insufficientMemory, "\(limit): \(failure)")
      #expect(failure.response.peStatus.last?.status == .notEnoughMemory)
      if limit >= package.encoded.count { #expect(failure.response.peStatus.last?.identification != nil) }
    }
  }

  @Test("packages of too many elements or files are refused without much work") func tooMany() throws {
    let issuer = try #require(OID("2.23.143.1"))
    let filler = Package([PE.NonStandard(PEHeader(100, isMandated: false), issuer: issuer, content: [])]).encoded
    let end = package.encoded(at: package.count - 1)
    let start = package.encoded.dropLast(end.count)
    let elements = Array(start) + [[UInt8]](repeating: filler, count: 1100).flatMap(\.self) + end
    #expect(try refusal(of: elements).cause == .insufficientMemory)
    var fcp = Fcp()
    fcp.fileDescriptor = [0x41, 0x21]
    let files = (0..<5000).map { number -> FileManagement.Item in
      fcp.fileID = FileIdentifier(rawValue: UInt16(0x1000 + number))
      (fcp.fileSize, fcp.securityAttributesReferenced) = (1, [1])
      return .createFCP(fcp)
    }
    let many = Array(start) + Package([PE.GenericFileManagement(300, files)]).encoded + end
    let failure = try refusal(of: many)
    #expect(failure.cause == .insufficientMemory && failure.response.peStatus.last?.identification == 300)
    let fewer = Array(start) + Package([PE.GenericFileManagement(300, Array(files.prefix(3000)))]).encoded + end
    #expect(throws: Never.self) { try Interpreter().interpret(fewer) }
  }

  @Test("no mutation traps, and what is taken in makes a card that answers", arguments: [1, 2, 3] as [UInt64])
  func mutations(seed: UInt64) throws {
    let bytes = package.encoded
    var dice = Dice(seed)
    var installed = 0
    for _ in 0..<150 {
      var mutated = bytes
      for _ in 0...dice.roll(3) { mutated[dice.roll(bytes.count)] = UInt8(dice.roll(256)) }
      guard let image = try? Interpreter().interpret(mutated).image else { continue }
      installed += 1
      let phone = try TestPhone(image)
      #expect(try phone.select("3F00").isSuccess)
      _ = try phone.select("2FE2")
      _ = try phone.send("00B000000A")
    }
    #expect(installed > 0)
  }
}
