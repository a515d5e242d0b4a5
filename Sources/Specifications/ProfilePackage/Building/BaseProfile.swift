import Bytes
import Identifiers
import TLV
import UICC

/// A complete profile for 2G to 5G with USIM and ISIM, by the templates of the specification's version 2.3: with an
/// ICCID, an IMSI, K and OPc it is a working SIM, and no foreign package is needed.
///
/// PIN 1 is disabled until an order gives it a value. The MNO-SD has no keys, and so cannot be reached over the air,
/// until an order gives it some.
public enum BaseProfile {
  /// The template, ready to be personalised.
  public static func template() throws(PersonalisationError) -> ProfileTemplate { try ProfileTemplate(package) }

  /// The same with a phone book of `contacts` entries, at most 254, with names of up to 16 letters.
  public static func template(contacts: Int) throws(PersonalisationError) -> ProfileTemplate {
    var package = package
    let place = package.indices(of: PE.USIM.self).first ?? 1
    let number = (package.elements.compactMap { $0.header?.identification }.max() ?? 0) + 1
    package.insert(phoneBook(number, contacts: min(max(contacts, 1), 254)), at: place)
    return try ProfileTemplate(package)
  }

  /// The USIM's application identifier (ETSI TS 101 220 Annex E: no country, no provider).
  public static let usimAID = AID(literal: "A0000000871002FFFFFFFF89")
  /// The ISIM's application identifier.
  public static let isimAID = AID(literal: "A0000000871004FFFFFFFF89")
  /// The MNO-SD's identifier.
  public static let securityDomainAID = AID(literal: "A000000151000000")

  /// The package before personalisation: subscriber 0 of the test network 001-01, with a key of zeros.
  public static let package: Package = {
    var number = 0
    func next() -> Int {
      number += 1
      return number
    }
    var elements: [any ProfileElement] = [header]
    elements += [mf(next()), puks(next()), pins(next())] as [any ProfileElement]
    elements += [usim(next()), optionalUSIM(next()), secondPIN(next()), authentication(next())] as [any ProfileElement]
    elements += [gsmAccess(next()), df5GS(next()), dfSAIP(next())] as [any ProfileElement]
    elements += [isim(next()), secondPIN(next()), authentication(next())] as [any ProfileElement]
    elements += [securityDomain(next())] as [any ProfileElement]
    elements += [fileManager(next(), tar: [0xB0, 0x00, 0x00], adf: nil)] as [any ProfileElement]
    elements += [fileManager(next(), tar: [0xB0, 0x00, 0x01], adf: usimAID)] as [any ProfileElement]
    elements.append(PE.End(next()))
    return Package(elements)
  }()

  private static let versions: [StaticString] = ["2.1", "2.4", "2.5", "2.7", "2.8", "2.13", "2.14"]

  /// 89 00000000000000000 and the check digit: a number that nobody has.
  private static let iccidBytes: [UInt8] = [0x89, 0, 0, 0, 0, 0, 0, 0, 0, 0x04]

  private static var header: ProfileHeader {
    ProfileHeader(
      majorVersion: 2, minorVersion: 3, profileType: "Simurgh USIM and ISIM", iccidBytes: iccidBytes,
      mandatoryServices: ServicesList([.usim, .isim, .milenage]),
      mandatoryTemplates: versions.map(Template.identifier))
  }

  // MARK: Card

  private static func mf(_ identification: Int) -> PE.MF {
    var directory = Fcp()
    directory.pinStatusTemplateDO = [0x01, 0x0A]
    let entries = [
      ApplicationTemplate(aid: usimAID, label: "USIM"), ApplicationTemplate(aid: isimAID, label: "ISIM"),
    ].map(\.encoded)
    let length = 38
    return PE.MF(
      identification, template: Template.identifier("2.1"),
      [
        .mf: File(directory), .efPL: File(), .efICCID: File(content: iccidBytes.map { $0 << 4 | $0 >> 4 }),
        .efDIR: records(entries, length: length), .efARR: AccessRules.file,
        // ETSI TS 102 221 §13.6: 60 mA at most, and nothing more to say.
        .efUMPC: File(content: [0x3C, 0x3C, 0x00, 0x00, 0x00]),
      ])
  }

  private static func puks(_ identification: Int) -> PE.PUKCodes {
    PE.PUKCodes(
      identification,
      [PUKConfiguration(.pin1, ascii("00000000")), PUKConfiguration(.pin2, ascii("00000000"))])
  }

  private static func pins(_ identification: Int) -> PE.PINCodes {
    PE.PINCodes(
      identification,
      [
        // Attributes: 6 is disabled, 3 is enabled for good.
        PINConfiguration(.pin1, ascii("0000"), unblockedBy: .pin1, attributes: 6),
        PINConfiguration(.adm1, ascii("00000000"), attributes: 3),
      ])
  }

  private static func secondPIN(_ identification: Int) -> PE.PINCodes {
    PE.PINCodes(identification, [PINConfiguration(.pin2, ascii("0000"), unblockedBy: .pin2, attributes: 3)])
  }

  /// TS 31.102 §4.4.2: the global phone book; EF.PBR names EF.ADN (type 1: one entry for each name), which is 4F58.
  private static func phoneBook(_ identification: Int, contacts: Int) -> PE.TELECOM {
    var reference = Fcp()
    (reference.fileDescriptor, reference.fileSize) = ([0x42, 0x21, 0x00, 0x08], 8)
    var numbers = Fcp()
    // X + 14 bytes (§4.4.2.3), X = 16.
    (numbers.fileID, numbers.fileDescriptor) = (0x4F58, [0x42, 0x21, 0x00, 30])
    numbers.fileSize = 30 * contacts
    return PE.TELECOM(
      identification, template: Template.identifier("2.3"),
      [
        .dfTELECOM: File(localDirectory), .efARR: AccessRules.file, .dfPhonebook: File(localDirectory),
        .efPBR: File(reference, content: [0xA8, 0x04, 0xC0, 0x02, 0x4F, 0x58, 0xFF, 0xFF]), .efADN: File(numbers),
      ])
  }

  // MARK: USIM

  /// EF.IMSI of 001010000000000.
  private static let imsiBytes: [UInt8] = [0x08, 0x09, 0x10, 0x10, 0, 0, 0, 0, 0]

  private static func usim(_ identification: Int) -> PE.USIM {
    PE.USIM(
      identification, template: Template.identifier("2.4"),
      [
        .adfUSIM: File(application(0x7FD0, usimAID)), .efIMSI: File(content: imsiBytes), .efARR: AccessRules.file,
        .efKeys: File(), .efKeysPS: File(), .efHPPLMN: File(), .efUST: serviceTable, .efFDN: File(), .efSMS: File(),
        .efSMSP: File(), .efSMSS: File(), .efSPN: File(content: [UInt8](repeating: 0xFF, count: 17)),
        .efEST: File(content: [0x00]), .efStartHFN: File(), .efThreshold: File(), .efPSLOCI: File(),
        .efACC: File(content: [0x00, 0x01]), .efFPLMN: File(), .efLOCI: File(),
        .efAD: File(content: [0x00, 0x00, 0x00, 0x02]),
        // TS 31.102 §4.2.21: 112 without text, for no particular service.
        .efECC: File(content: [0x11, 0xF2, 0xFF, 0x00]), .efNETPAR: File(), .efEPSLOCI: File(), .efEPSNSC: File(),
      ])
  }

  /// TS 31.102 §4.2.8: FDN, SMS and its parameters, user's networks, MSISDN, GSM access, data download, 33 and 34,
  /// operator's and home networks, equivalent home networks, HPLMN direct access, EPS, 5GS with its keys, SUCI, access
  /// identities.
  private static var serviceTable: File {
    let table = ServiceTable(services: [2, 10, 12, 20, 21, 27, 28, 33, 34, 38, 42, 43, 71, 73, 85, 122, 123, 124, 126])
    var fcp = Fcp()
    fcp.fileSize = 17
    return File(fcp, content: table.bytes + [UInt8](repeating: 0x00, count: 17 - table.bytes.count))
  }

  private static func optionalUSIM(_ identification: Int) -> PE.OPTUSIM {
    func networks(_ count: Int) -> File {
      var fcp = Fcp()
      fcp.fileSize = 5 * count
      return File(fcp)
    }
    return PE.OPTUSIM(
      identification, template: Template.identifier("2.5"),
      [
        .efLI: File(), .efMSISDN: File(), .efPLMNwAcT: networks(8), .efOPLMNwAcT: networks(40),
        .efHPLMNwAcT: networks(4), .efEHPLMN: File(),
      ])
  }

  private static func authentication(_ identification: Int) -> PE.AKAParameter {
    let zeros = Secret([UInt8](repeating: 0, count: 16))
    return PE.AKAParameter(identification, AlgoParameter(.milenage, key: zeros, opc: zeros))
  }

  private static func gsmAccess(_ identification: Int) -> PE.GSMACCESS {
    PE.GSMACCESS(
      identification, template: Template.identifier("2.7"),
      [.dfGSMAccess: File(localDirectory), .efKc: File(), .efKcGPRS: File()])
  }

  private static func df5GS(_ identification: Int) -> PE.DF5GS {
    var keys = Fcp()
    keys.fileSize = 120
    return PE.DF5GS(
      identification, template: Template.identifier("2.13"),
      [
        .df5GS: File(localDirectory), .ef5GS3GPPLOCI: File(), .ef5GSN3GPPLOCI: File(), .ef5GS3GPPNSC: File(),
        .ef5GSN3GPPNSC: File(), .ef5GAUTHKEYS: File(content: [UInt8](repeating: 0xFF, count: 110)),
        // TS 31.102 §4.4.11.7: no access identity is configured.
        .efUACAIC: File(content: [0x00, 0x00, 0x00, 0x00]), .efSUCICalcInfo: File(keys),
        .efRoutingIndicator: File(),
      ])
  }

  private static func dfSAIP(_ identification: Int) -> PE.DFSAIP {
    var keys = Fcp()
    keys.fileSize = 120
    return PE.DFSAIP(
      identification, template: Template.identifier("2.14"),
      [.dfSAIP: File(localDirectory), .efSUCICalcInfoUSIM: File(keys)])
  }

  // MARK: ISIM

  private static func isim(_ identification: Int) -> PE.ISIM {
    var text = Fcp()
    text.fileSize = 80
    let domain = "ims.mnc001.mcc001.3gppnetwork.org"
    return PE.ISIM(
      identification, template: Template.identifier("2.8"),
      [
        .adfISIM: File(application(0x7FB0, isimAID)),
        .efIMPI: File(text, content: URIObject("001010000000000@\(domain)").bytes.padded(to: 80)),
        .efIMPU: records([URIObject("sip:001010000000000@\(domain)").bytes], length: 80),
        .efDomain: File(text, content: URIObject(domain).bytes.padded(to: 80)),
        .efIST: File(content: [UInt8](repeating: 0x00, count: 14)), .efAD: File(), .efARR: AccessRules.file,
      ])
  }

  // MARK: Administration over the air

  private static func securityDomain(_ identification: Int) -> PE.SecurityDomain {
    var instance = ApplicationInstance(
      package: AID(literal: "A0000001515350"), class: AID(literal: "A000000151535041"), instance: securityDomainAID,
      // SGP.02 §2.2.1.3 gives the MNO-SD these privileges; 0F: PERSONALIZED.
      privileges: [0x82, 0xDC, 0x00], lifeCycleState: 0x0F,
      // SCP80 and SCP03 with i = 70; extradition and management of the domain's own contents are allowed.
      specificParameters: [
        0x81, 0x02, 0x80, 0x00, 0x81, 0x02, 0x03, 0x70, 0x82, 0x01, 0xF0, 0x87, 0x01, 0xF0,
      ])
    // ETSI TS 102 226 §8.2.1.3.2.2: priority 1, no timer, text, menu or channel; security level 16; TAR B20100.
    instance.applicationParameters = UICCApplicationParameters(
      toolkit: [0x01, 0x00, 0x00, 0x00, 0x00, 0x02, 0x01, minimumSecurityLevel, 0x03, 0xB2, 0x01, 0x00, 0x00])
    return PE.SecurityDomain(identification, instance)
  }

  /// ETSI TS 102 225 §5.1.1: cryptographic checksum, ciphering, a counter that is higher.
  private static let minimumSecurityLevel: UInt8 = 0x16

  private static func fileManager(_ identification: Int, tar: [UInt8], adf: AID?) -> PE.RFM {
    // ETSI TS 101 220 Annex D: remote file management has TARs from B00000 on; bytes 13 to 15 are the TAR.
    let bytes: [UInt8] = [0xA0, 0x00, 0x00, 0x00, 0x09, 0x00, 0x05, 0xFF, 0xFF, 0xFF, 0xFF, 0x89] + tar + [0x00]
    return PE.RFM(
      identification, instance: (try? AID(bytes)) ?? securityDomainAID, tar: tar,
      minimumSecurityLevel: minimumSecurityLevel, adf: adf)
  }

  // MARK: Parts

  private static func application(_ identifier: FileIdentifier, _ aid: AID) -> Fcp {
    var fcp = localDirectory
    (fcp.fileID, fcp.dfName) = (identifier, aid)
    return fcp
  }

  private static var localDirectory: Fcp {
    var fcp = Fcp()
    fcp.pinStatusTemplateDO = [0x01, 0x81, 0x0A]
    return fcp
  }

  private static func records(_ records: [[UInt8]], length: Int) -> File {
    var fcp = Fcp()
    fcp.fileDescriptor = [0x42, 0x21, 0x00, UInt8(clamping: length)]
    fcp.fileSize = length * records.count
    return File(fcp, content: records.flatMap { $0.padded(to: length) })
  }

  private static func ascii(_ digits: String) -> Secret { Secret(Array(digits.utf8).padded(to: 8)) }
}
