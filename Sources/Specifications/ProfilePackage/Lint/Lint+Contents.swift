import Bytes
import Identifiers
import TLV
import UICC

/// Contents of the files that make a profile work.
extension Lint {
  /// §8.2.1, ETSI TS 102 221 §13.2: the header's ICCID is well formed and is the one in EF.ICCID.
  mutating func checkICCID() {
    guard let header = package.header, let index = indices(named: ProfileHeader.name).first else { return }
    if let iccid = header.iccid {
      if !iccid.hasCheckDigit {
        say(.warning, index, "the ICCID \(iccid) does not end with its check digit (ITU-T E.118)")
      }
    } else {
      say(.error, index, "the ICCID \(header.iccidBytes.hex) is not 18 to 20 digits beginning with 89")
    }
    guard let file = profile.file([.iccid]) else {
      if profile.file([]) != nil { say(.error, nil, "EF.ICCID is missing") }
      return
    }
    let swapped = header.iccidBytes.map { $0 << 4 | $0 >> 4 }
    if file.contents != swapped { say(.error, file, "it holds \(file.contents.hex), not the header's ICCID") }
  }

  /// ETSI TS 102 221 §13.1: EF.DIR lists the applications.
  mutating func checkDirectoryOfApplications() {
    guard let file = profile.file([.dir]) else { return }
    var listed: [AID] = []
    for record in file.records where record.first != 0xFF {
      guard let aid = try? ApplicationTemplate(record: record)?.aid else {
        say(.error, file, "a record is no application template: \(record.hex)")
        continue
      }
      listed.append(aid)
    }
    for application in profile.applicationDirectories {
      guard let aid = application.parameters.dfName, !listed.contains(aid) else { continue }
      say(.warning, file, "the application \(aid) of \(application.name) is not listed")
    }
    let aids = Set(profile.applicationDirectories.compactMap(\.parameters.dfName))
    for aid in listed where !aids.contains(aid) { say(.warning, file, "it lists \(aid), which has no ADF") }
  }

  /// TS 31.102 §4.2: what a USIM cannot do without.
  mutating func checkUSIMs() {
    for application in applications("usim") + applications("iot") {
      if let imsi = file(.imsi, in: application) {
        do { _ = try IMSI(bytes: imsi.contents) } catch { say(.error, imsi, "\(error)") }
      }
      if let data = file(.administrativeData, in: application) {
        // TS 31.102 §4.2.18: byte 4 is the length of the MNC.
        if data.contents.count < 4 {
          say(.error, data, "it has \(data.contents.count) bytes, not 4 or more")
        } else if ![2, 3].contains(data.contents[3] & 0x0F) {
          say(.error, data, "the length of the MNC is \(data.contents[3]), not 2 or 3")
        }
      }
      if let classes = file(0x6F78, in: application), classes.contents.count != 2 {
        say(.error, classes, "it has \(classes.contents.count) bytes, not 2")
      }
      checkServiceTable(of: application)
    }
  }

  /// TS 31.102 §4.2.8: a file belongs to a service that is available, and an available service has its file.
  private mutating func checkServiceTable(of application: ResolvedFile) {
    guard let table = file(0x6F38, in: application) else { return }
    let services = ServiceTable(table.contents)
    for (service, files) in ServiceTable.usimNeeds where services.contains(service) {
      let missing = files.filter { profile.file(application.path + $0.path) == nil }.map(\.name)
      guard !missing.isEmpty else { continue }
      say(.warning, table, "service \(service) is available without \(missing.joined(separator: ", "))")
    }
    let calculatesSUCI = services.contains(124) && services.contains(125)
    if calculatesSUCI, package.header?.mandatoryServices.contains(.getIdentity) == false {
      say(.warning, table, "the USIM calculates the SUCI (service 125), but get-identity is not mandatory")
    }
    let path: [FileIdentifier] = calculatesSUCI ? [0x5FD0, 0x4F01] : [0x5FC0, 0x4F07]
    guard services.contains(124), let info = profile.file(application.path + path) else { return }
    if info.contents.allSatisfy({ $0 == 0xFF }) {
      say(.note, info, "it is empty: the subscriber's identity goes out unconcealed")
    } else if SUCICalculationInfo(info.contents) == nil {
      say(.warning, info, "it is no list of protection schemes and keys")
    }
  }

  /// TS 31.103 §4.2: what an ISIM cannot do without.
  mutating func checkISIMs() {
    for application in applications("isim") {
      for (identifier, what) in [(0x6F02, "IMPI"), (0x6F03, "domain")] as [(FileIdentifier, String)] {
        guard let file = file(identifier, in: application) else { continue }
        if URIObject(file.contents) == nil { say(.warning, file, "it holds no \(what) in tag 80") }
      }
      guard let file = file(0x6F04, in: application) else { continue }
      let identities = file.records.filter { $0.first != 0xFF }.map(URIObject.init)
      if identities.isEmpty || identities.contains(where: { $0 == nil }) {
        say(.warning, file, "a record holds no public identity in tag 80")
      }
      for identity in identities.compactMap({ $0?.text })
      where !identity.hasPrefix("sip:") && !identity.hasPrefix("tel:") {
        say(.warning, file, "\(identity) is neither a SIP nor a tel URI")
      }
    }
  }
}
