import Bytes
import Identifiers
import ProfilePackage
import TLV
import TestSupport
import Testing
import UICC

@Suite("Profile package: lint") struct LintTests {
  /// A way to break a good package, and what lint says then.
  struct Case: Sendable, CustomTestStringConvertible {
    let title: String
    let severity: Finding.Severity
    let says: String
    let change: @Sendable (inout Package) throws -> Void

    init(
      _ title: String, _ severity: Finding.Severity, _ says: String,
      _ change: @escaping @Sendable (inout Package) throws -> Void
    ) {
      (self.title, self.severity, self.says, self.change) = (title, severity, says, change)
    }

    init(_ title: String, _ says: String, _ change: @escaping @Sendable (inout Package) throws -> Void) {
      self.init(title, .error, says, change)
    }

    var testDescription: String { title }
  }

  @Test("a broken package is named with its element", arguments: structure + header + files + contents)
  func structureAndFiles(_ item: Case) throws { try check(item) }

  @Test("broken secrets and applications are named with their element", arguments: secrets + applications)
  func secretsAndApplications(_ item: Case) throws { try check(item) }

  private func check(_ item: Case) throws {
    var package = try BaseProfile.template().personalise(with: Order.minimal())
    try item.change(&package)
    let findings = Lint.findings(in: try Package(decoding: package.encoded))
    let match = findings.contains { $0.severity == item.severity && $0.description.contains(item.says) }
    #expect(match, "\(findings.filter { $0.severity > .note }.map(\.description))")
  }

  @Test(
    "the TS.48 profiles: the only warning is EF.MuDMiD's empty access rule",
    .enabled(if: Vectors.exist, Vectors.missing), arguments: TestProfiles.names)
  func testProfiles(_ name: String) throws {
    let findings = Lint.findings(in: try TestProfiles.package(name)).filter { $0.severity > .note }
    let hasEmptyRule = name.contains("BERTLV_SUCI")
    #expect(findings.map(\.severity) == (hasEmptyRule ? [.warning] : []))
    #expect(
      findings.allSatisfy { $0.file == "EF.MUDMIDCONFIGDATA" && $0.sentence.contains("record 4 of 3F00/7FB0/6F06") })
  }

  @Test(
    "lint never traps, whatever stands in a package that can be read",
    .enabled(if: Vectors.exist, Vectors.missing), arguments: [1, 2, 3, 4] as [UInt64])
  func mutation(_ seed: UInt64) throws {
    let bytes = try TestProfiles.bytes("TS48v7_SAIP2.3_BERTLV_SUCI.der")
    var dice = Dice(seed)
    for _ in 0..<400 {
      var changed = bytes
      for _ in 0...dice.roll(4) { changed[dice.roll(bytes.count)] = UInt8(dice.roll(256)) }
      guard let package = try? Package(decoding: changed) else { continue }
      _ = Lint.findings(in: package)
      _ = Inspection(package).description
      _ = try? ProfileTemplate(package).personalise(with: Order.full())
    }
  }

  // MARK: Ways to break a package

  static let structure: [Case] = [
    Case("no element at all", "the package is empty") { $0 = Package([]) },
    Case("no header", "the first element is the profile header") { $0.remove(at: 0) },
    Case("two headers", "a profile header stands elsewhere") { package in
      if let header = package.header { package.insert(header, at: 2) }
    },
    Case("no end", "the last element is PE-End") { $0.remove(at: $0.count - 1) },
    Case("elements behind the end", "end (element 3, identification 90): elements follow the end") {
      $0.insert(PE.End(90), at: 2)
    },
    Case("an identification twice", "element 2 has the identification 1 too") { $0.insert(PE.PUKCodes(1, []), at: 2) },
    Case("identification beyond 15 bits", "not within 0 to 32767") { $0.insert(PE.PUKCodes(40000, []), at: 2) },
    Case("no MF", "no element creates the MF") { $0.remove(at: 1) },
    Case("USIM before the MF", "usim (element 2, identification 4): it comes before the MF") { package in
      guard let usim = package.first(PE.USIM.self) else { return }
      package.insert(usim, at: 1)
    },
    Case("two MFs", "mf (element 3, identification 1): stands there a second time") { package in
      if let mf = package.first(PE.MF.self) { package.insert(mf, at: 2) }
    },
    Case("optional files before the USIM", "opt-usim (element 3, identification 5): it comes before the application") {
      package in
      if let files = package.first(PE.OPTUSIM.self) { package.insert(files, at: 2) }
    },
    Case("DF.5GS twice", "a second time for the same application") { package in
      if let files = package.first(PE.DF5GS.self) { package.insert(files, at: 9) }
    },
    Case("PUKs late", .warning, "do not come right after the creation of the MF") { package in
      guard let puks = package.first(PE.PUKCodes.self), let place = package.indices(of: PE.PUKCodes.self).first else {
        return
      }
      package.remove(at: place)
      package.insert(puks, at: 5)
    },
    Case("an element of a later version", .note, "is an element of a later version") { package in
      package = try Package(decoding: package.encoded(at: 0) + [0xBF, 0x60, 0x00])
    },
  ]

  static let header: [Case] = [
    Case("check digit", .warning, "does not end with its check digit") { package in
      package.update(ProfileHeader.self, at: 0) { $0.iccidBytes[9] ^= 0x10 }
    },
    Case("ICCID of letters", "is not 18 to 20 digits beginning with 89") { package in
      package.update(ProfileHeader.self, at: 0) { $0.iccidBytes = [UInt8](repeating: 0xAB, count: 10) }
    },
    Case("another ICCID in EF.ICCID", "EF.ICCID: it holds") { package in
      package.update(ProfileHeader.self, at: 0) { $0.iccidBytes[3] ^= 0x01 }
    },
    Case("version 4", "version 4 is not 2 or 3") { $0.update(ProfileHeader.self, at: 0) { $0.majorVersion = 4 } },
    Case("empty profile type", "the profile type has 0 bytes") {
      $0.update(ProfileHeader.self, at: 0) { $0.profileType = "" }
    },
    Case("a service nobody uses", "csim is mandatory, but nothing in the profile uses it") {
      $0.update(ProfileHeader.self, at: 0) { $0.mandatoryServices.set(.csim, true) }
    },
    Case("a service that is used", .warning, "the profile uses milenage") {
      $0.update(ProfileHeader.self, at: 0) { $0.mandatoryServices.set(.milenage, false) }
    },
    Case("GBA without USIM", "gba-usim is mandatory without usim") {
      $0.update(ProfileHeader.self, at: 0) {
        $0.mandatoryServices.set(.gbaUSIM, true)
        $0.mandatoryServices.set(.usim, false)
      }
    },
    Case("a template nobody uses", .warning, "the mandatory template 2.23.143.1.2.12 is not used") { package in
      let oid = try #require(OID("2.23.143.1.2.12"))
      package.update(ProfileHeader.self, at: 0) { $0.mandatoryTemplates.append(oid) }
    },
  ]

  static let files: [Case] = [
    Case("an unknown template", "the template 2.23.143.1.2.99 is not known") { package in
      let oid = try #require(OID("2.23.143.1.2.99"))
      package.update(PE.MF.self, at: 1) { $0.templateID = oid }
    },
    Case("EF.DIR missing", "EF.DIR: is missing") { $0.update(PE.MF.self, at: 1) { $0[.efDIR] = nil } },
    Case("pinStatusTemplateDO missing", "MF: its pinStatusTemplateDO is missing") {
      $0.update(PE.MF.self, at: 1) { $0[.mf] = File() }
    },
    Case("pinStatusTemplateDO with its tag", "holds the whole data object") {
      $0.update(PE.MF.self, at: 1) { $0[.mf]?.fcp?.pinStatusTemplateDO = [0xC6, 0x01, 0x01] }
    },
    Case("a PIN that does not exist in a PIN status", "its PIN status names 02") {
      $0.update(PE.MF.self, at: 1) { $0[.mf]?.fcp?.pinStatusTemplateDO = [0x01, 0x02] }
    },
    Case("contents longer than the file", "EF.PL: its contents reach to byte 3 of 2") {
      $0.update(PE.MF.self, at: 1) { $0[.efPL] = File(content: [1, 2, 3]) }
    },
    Case("records that do not fill the file", "is not 1 to 254 records of") {
      $0.update(PE.MF.self, at: 1) { $0[.efDIR]?.fcp?.fileSize = 39 }
    },
    Case("no size", "EF.DIR: its record length is missing") { $0.update(PE.MF.self, at: 1) { $0[.efDIR] = File() } },
    Case("a PIN status for a working file", "pinStatusTemplateDO is forbidden for a working file") { package in
      package.update(PE.MF.self, at: 1) { element in
        var fcp = Fcp()
        fcp.pinStatusTemplateDO = [1]
        element[.efPL] = File(fcp)
      }
    },
    Case("a size for a directory", "efFileSize is forbidden for a directory") {
      $0.update(PE.MF.self, at: 1) { $0[.mf]?.fcp?.fileSize = 5 }
    },
    Case("two patterns", "both a fill and a repeat pattern") { package in
      package.update(PE.MF.self, at: 1) { element in
        var fcp = Fcp()
        fcp.proprietaryEFInfo = ProprietaryInfo(fillPattern: [1], repeatPattern: [2])
        element[.efPL] = File(fcp)
      }
    },
    Case("size with leading zero", .warning, "not written in the fewest bytes") {
      $0.update(PE.MF.self, at: 1) { $0[.efARR]?.fcp?.efFileSize?.insert(0, at: 0) }
    },
    Case("a malformed short identifier", "is no short identifier") { package in
      package.update(PE.MF.self, at: 1) { element in
        var fcp = Fcp()
        fcp.shortEFID = [0x2B]
        element[.efPL] = File(fcp)
      }
    },
    Case("a short identifier twice", "has the short identifier 30 too") { package in
      package.update(PE.MF.self, at: 1) { element in
        var fcp = Fcp()
        fcp.shortEFID = [0xF0]
        element[.efPL] = File(fcp)
      }
    },
    Case("a rule that does not exist", "its access rule is record 20 of 14") { package in
      package.update(PE.MF.self, at: 1) { element in
        var fcp = Fcp()
        fcp.securityAttributesReferenced = [20]
        element[.efPL] = File(fcp)
      }
    },
    Case("no EF.ARR", "there is no EF.ARR") { $0.update(PE.MF.self, at: 1) { $0[.efARR] = nil } },
    Case("a malformed rule", "is malformed") { package in
      package.update(PE.MF.self, at: 1) { $0[.efARR]?.setContent([0x80, 0x02, 0x01, 0x01]) }
    },
    Case("a rule with a PIN that does not exist", "asks for PIN 81, which does not exist") { package in
      for index in package.indices(of: PE.PINCodes.self).reversed() where index > 3 { package.remove(at: index) }
    },
    Case("GFM: a path that leads nowhere", "there is no file at 7F99") {
      $0.insert(PE.GenericFileManagement(77, [.filePath([0x7F, 0x99])]), at: 4)
    },
    Case("GFM: contents without a file", "where no EF is selected") {
      $0.insert(PE.GenericFileManagement(77, [.fillFileContent([1])]), at: 4)
    },
    Case("GFM: a file without parameters", "securityAttributesReferenced is missing") { package in
      var fcp = Fcp()
      (fcp.fileDescriptor, fcp.fileID, fcp.fileSize) = ([0x41, 0x21], 0x2F55, 4)
      package.insert(PE.GenericFileManagement(77, [.createFCP(fcp)]), at: 4)
    },
    Case("GFM: a file twice", "exists already") { package in
      var fcp = Fcp()
      (fcp.fileDescriptor, fcp.fileID, fcp.fileSize) = ([0x41, 0x21], 0x2FE2, 4)
      package.insert(PE.GenericFileManagement(77, [.createFCP(fcp)]), at: 4)
    },
    Case("GFM: a link to nowhere", "that it should show does not exist") { package in
      var fcp = Fcp()
      (fcp.fileDescriptor, fcp.fileID, fcp.linkPath) = ([0x41, 0x21], 0x2F55, [0x7F, 0x77])
      fcp.securityAttributesReferenced = [0x2F, 0x06, 0x01]
      package.insert(PE.GenericFileManagement(77, [.createFCP(fcp)]), at: 4)
    },
    Case("GFM: a file larger than a card", "more than a card has") { package in
      var fcp = Fcp()
      (fcp.fileDescriptor, fcp.fileID, fcp.efFileSize) = ([0x41, 0x21], 0x2F55, [0x7F, 0xFF, 0xFF, 0xFF])
      package.insert(PE.GenericFileManagement(77, [.createFCP(fcp)]), at: 4)
    },
    Case("one AID for two ADFs", "another application has the identifier") { package in
      for index in package.indices(of: PE.ISIM.self) {
        package.update(PE.ISIM.self, at: index) { $0[.adfISIM]?.fcp?.dfName = BaseProfile.usimAID }
      }
    },
  ]

  static let contents: [Case] = [
    Case("EF.IMSI with the wrong parity", "EF.IMSI: IMSI: EF.IMSI has the wrong parity") {
      $0.usim { $0[.efIMSI]?.setContent([8, 1, 0x10, 0x10, 0x10, 0x32, 0x54, 0x76, 0x98]) }
    },
    Case("EF.IMSI of 8 bytes", "EF.IMSI is malformed") { package in
      package.usim { element in
        var fcp = Fcp()
        fcp.fileSize = 8
        element[.efIMSI] = File(fcp, content: [7, 9, 0x10, 0x10, 0x10, 0x32, 0x54, 0x76])
      }
    },
    Case("EF.AD without the MNC's length", "the length of the MNC is 0") {
      $0.usim { $0[.efAD] = File(content: [0, 0, 0, 0]) }
    },
    Case("a service without its file", .warning, "service 45 is available without EF.PNN") { package in
      package.usim { element in
        var table = ServiceTable([UInt8](repeating: 0, count: 17))
        table.set(45, true)
        element[.efUST]?.setContent(table.bytes)
      }
    },
    Case("an application that EF.DIR does not list", .warning, "is not listed") {
      $0.update(PE.MF.self, at: 1) { $0[.efDIR]?.setContent([]) }
    },
    Case("EF.DIR lists what is not there", .warning, "which has no ADF") { package in
      for index in package.indices(of: PE.ISIM.self) { package.remove(at: index) }
    },
    Case("EF.IMPI without tag 80", .warning, "it holds no IMPI in tag 80") { package in
      for index in package.indices(of: PE.ISIM.self) {
        package.update(PE.ISIM.self, at: index) { $0[.efIMPI]?.setContent([0x61, 0x62]) }
      }
    },
    Case("EF.IMPU with a mail address", .warning, "is neither a SIP nor a tel URI") { package in
      for index in package.indices(of: PE.ISIM.self) {
        package.update(PE.ISIM.self, at: index) { $0[.efIMPU]?.setContent(URIObject("alice@example.org").bytes) }
      }
    },
    Case("SUCI keys that are none", .warning, "no list of protection schemes and keys") { package in
      for index in package.indices(of: PE.DF5GS.self) {
        package.update(PE.DF5GS.self, at: index) { $0[.efSUCICalcInfo]?.setContent([0xA0, 0x01, 0x07]) }
      }
    },
  ]

  static let secrets: [Case] = [
    Case("a PIN of letters", "PIN 01 is not 4 to 8 digits") {
      $0.pins { $0[0].pinValue = Secret(Array("abcdefgh".utf8)) }
    },
    Case("a PIN of 7 bytes", "PIN 01 has 7 bytes, not 8") {
      $0.pins { $0[0].pinValue = Secret(Array("1234567".utf8)) }
    },
    Case("a PIN twice", "PIN 01 is given twice") { $0.pins { $0.append($0[0]) } },
    Case("a PIN nobody knows", "has no such key reference") { $0.pins { $0[0].keyReference = 9 } },
    Case("a local PIN at the MF", "is local, but belongs to 3F00") { $0.pins { $0[0].keyReference = 0x81 } },
    Case("an unblocking code that does not exist", "is unblocked by PUK 5, which does not exist") {
      $0.pins { $0[0].unblockingPINReference = 5 }
    },
    Case("no attempts", "PIN 01 has 0 of 0 attempts") { $0.pins { $0[0].attempts = 0 } },
    Case("blocked at birth", .warning, "blocked from the beginning") { $0.pins { $0[0].attempts = 0x30 } },
    Case("PINs of one directory twice", "were given before") { package in
      if let pins = package.first(PE.PINCodes.self) { package.insert(pins, at: 4) }
    },
    Case("a PUK of 4 digits", "PUK 1 is not 8 digits") { package in
      package.update(PE.PUKCodes.self, at: 2) {
        $0.pukCodes[0].pukValue = Secret(Array("1234".utf8) + [255, 255, 255, 255])
      }
    },
    Case("a PUK twice", "PUK 1 is given twice") { package in
      package.update(PE.PUKCodes.self, at: 2) { $0.pukCodes.append($0.pukCodes[0]) }
    },
    Case("K of 15 bytes", "K has 15 bytes, Milenage wants 16") { $0.aka { $0.key = Secret(Array(0..<15)) } },
    Case("OPc of 32 bytes", "OPc has 32 bytes") { $0.aka { $0.opc = Secret(Array(0..<32)) } },
    Case("TUAK with OPc", "TOPc has 16 bytes, TUAK wants 32") { $0.aka { $0.algorithmID = 2 } },
    Case("an unknown algorithm", "algorithm 9 is not known") { $0.aka { $0.algorithmID = 9 } },
    Case("four rotations", "rotationConstants has 4 bytes") { $0.aka { $0.rotationConstants = [0, 0, 0, 0] } },
    Case("no Keccak", "numberOfKeccak is 0") { $0.aka { $0.numberOfKeccak = 0 } },
    Case("K of zeros", .warning, "K consists of one repeated byte") {
      $0.aka { $0.key = Secret([UInt8](repeating: 0, count: 16)) }
    },
    Case("delta too large", "sqnDelta exceeds 07FFFFFFFFFF") { package in
      for index in package.indices(of: PE.AKAParameter.self) {
        package.update(PE.AKAParameter.self, at: index) { $0.sqnDelta = [8, 0, 0, 0, 0, 0] }
      }
    },
    Case("31 sequence numbers", "sqnInit has 31 numbers") { package in
      for index in package.indices(of: PE.AKAParameter.self) {
        package.update(PE.AKAParameter.self, at: index) {
          $0.sqnInit = [OctetString](repeating: OctetString([0, 0, 0, 0, 0, 1]), count: 31)
        }
      }
    },
    Case("a USIM that cannot authenticate itself", "has no PE-AKAParameter") { package in
      for index in package.indices(of: PE.AKAParameter.self).reversed() { package.remove(at: index) }
    },
    Case("parameters of an application that does not exist", "to share parameters with does not exist") { package in
      let aid = AID(literal: "A0000000FFFFFF")
      for index in package.indices(of: PE.AKAParameter.self) {
        package.update(PE.AKAParameter.self, at: index) {
          $0.algoConfiguration = .mappingParameter(MappingParameter(options: 1, source: aid))
        }
      }
    },
  ]

  static let applications: [Case] = [
    Case("file management before the MNO-SD", "no security domain comes before it") { package in
      for index in package.indices(of: PE.SecurityDomain.self) { package.remove(at: index) }
    },
    Case("an MNO-SD in somebody's domain", "the MNO-SD names a domain that it belongs to") {
      $0.domain { $0.instance.extraditeSecurityDomainAID = BaseProfile.usimAID }
    },
    Case("a key twice", "key 01 of version 01 is given twice") { package in
      let key = KeyObject(usage: 0x18, identifier: 1, version: 1, type: 0x88, data: Secret(Array(0..<16)))
      package.domain { $0.keyList = [key, key] }
    },
    Case("a key of 15 bytes", "key 01 of version 01 has 15 bytes") { package in
      let key = KeyObject(usage: 0x18, identifier: 1, version: 1, type: 0x88, data: Secret(Array(0..<15)))
      package.domain { $0.keyList = [key] }
    },
    Case("keys before personalisation", .warning, "is not in life cycle state PERSONALIZED") { package in
      let key = KeyObject(usage: 0x18, identifier: 1, version: 1, type: 0x88, data: Secret(Array(0..<16)))
      package.domain {
        $0.keyList = [key]
        $0.instance.lifeCycleState = nil
      }
    },
    Case("an ADF that does not exist", "it manages does not exist") { package in
      for index in package.indices(of: PE.RFM.self) {
        package.update(PE.RFM.self, at: index) { $0.adfRFMAccess = ADFRFMAccess(adfAID: AID(literal: "A000000001")) }
      }
    },
    Case("one TAR for two", "has the TAR B00000 too") { package in
      for index in package.indices(of: PE.RFM.self) {
        package.update(PE.RFM.self, at: index) { $0.tarList = [OctetString([0xB0, 0, 0])] }
      }
    },
    Case("no security over the air", .warning, "lets anybody change the files") { package in
      for index in package.indices(of: PE.RFM.self) {
        package.update(PE.RFM.self, at: index) { $0.minimumSecurityLevel = [0] }
      }
    },
    Case("no TAR", "neither a TAR nor an identifier of 15 bytes") { package in
      for index in package.indices(of: PE.RFM.self) {
        package.update(PE.RFM.self, at: index) {
          $0.tarList = nil
          $0.instanceAID = AID(literal: "A000000009")
        }
      }
    },
    Case("one identifier for two", "has the identifier A000000151000000 too") { package in
      for index in package.indices(of: PE.RFM.self) {
        package.update(PE.RFM.self, at: index) { $0.instanceAID = BaseProfile.securityDomainAID }
      }
    },
  ]
}

extension Package {
  fileprivate mutating func usim(_ change: (inout PE.USIM) -> Void) {
    for index in indices(of: PE.USIM.self) { update(PE.USIM.self, at: index, change) }
  }

  /// The PINs of the MF.
  fileprivate mutating func pins(_ change: (inout [PINConfiguration]) -> Void) {
    guard let index = indices(of: PE.PINCodes.self).first else { return }
    update(PE.PINCodes.self, at: index) { change(&$0.pins) }
  }

  fileprivate mutating func aka(_ change: (inout AlgoParameter) -> Void) {
    for index in indices(of: PE.AKAParameter.self) {
      update(PE.AKAParameter.self, at: index) { element in
        guard case .algoParameter(var parameter) = element.algoConfiguration else { return }
        change(&parameter)
        element.algoConfiguration = .algoParameter(parameter)
      }
    }
  }

  fileprivate mutating func domain(_ change: (inout PE.SecurityDomain) -> Void) {
    for index in indices(of: PE.SecurityDomain.self) { update(PE.SecurityDomain.self, at: index, change) }
  }
}
