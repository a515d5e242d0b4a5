import Bytes
import Foundation
import Identifiers
import ProfilePackage
import TLV
import TestSupport
import Testing
import UICC

@Suite("Profile package: resolution") struct ResolutionTests {
  private func mf(_ files: [MFFile: File]) throws -> PE.MF {
    PE.MF(1, template: try #require(OID("2.23.143.1.2.1")), files)
  }

  @Test("§9.1: a file of the template alone, with its default contents") func templateAlone() throws {
    let profile = ResolvedProfile(Package([try mf([.mf: File()])]))
    let languages = try #require(profile.file([.preferredLanguages]))
    #expect(languages.contents == [0xFF, 0xFF])
    #expect(languages.parameters.shortFileIdentifier == .number(5))
    #expect(languages.parameters.security == .referenced(AccessRuleReference(file: .accessRules, record: 1)))
    #expect(profile.file([0x2FE2]) == nil)
  }

  @Test("§8.3.3: a fill or repeat pattern of the package overwrites the template's; without one that holds")
  func patterns() throws {
    func contents(_ info: ProprietaryInfo?, size: Int, content: [UInt8]? = nil) throws -> String {
      var fcp = Fcp()
      fcp.fileSize = size
      fcp.proprietaryEFInfo = info
      let profile = ResolvedProfile(Package([try mf([.mf: File(), .efPL: File(fcp, content: content)])]))
      return try #require(profile.file([.preferredLanguages])).contents.hex
    }
    #expect(try contents(nil, size: 4) == "FFFFFFFF")
    #expect(try contents(ProprietaryInfo(), size: 3) == "FFFFFF")
    #expect(try contents(ProprietaryInfo(fillPattern: [1, 2]), size: 5) == "0102020202")
    #expect(try contents(ProprietaryInfo(repeatPattern: [1, 2]), size: 5) == "0102010201")
    #expect(try contents(ProprietaryInfo(fillPattern: [0]), size: 4, content: [7]) == "07000000")
  }

  @Test("§8.3.5: fillFileOffset moves on from where the last contents ended") func offsets() throws {
    var fcp = Fcp()
    fcp.fileSize = 8
    let file = File([
      .fileDescriptor(fcp), .fillFileOffset(1), .fillFileContent([1, 2]), .fillFileOffset(2), .fillFileContent([3]),
    ])
    let profile = ResolvedProfile(Package([try mf([.mf: File(), .efPL: file])]))
    #expect(profile.file([.preferredLanguages])?.contents.hex == "FF0102FFFF03FFFF")
  }

  @Test("TS 102 222 §6.3.2.2: patterns hold for each record anew") func recordPatterns() throws {
    let usim = PE.USIM(
      2, template: try #require(OID("2.23.143.1.2.4")),
      [
        .adfUSIM: {
          var fcp = Fcp()
          (fcp.fileID, fcp.dfName) = (0x7FD0, BaseProfile.usimAID)
          return File(fcp)
        }(), .efSMS: File(), .efKeys: File([.doNotCreate]),
      ])
    let profile = ResolvedProfile(Package([try mf([.mf: File()]), usim]))
    let messages = try #require(profile.file([0x7FD0, 0x6F3C]))
    #expect(messages.records.count == 10 && messages.recordLength == 176)
    #expect(messages.records.allSatisfy { $0.first == 0x00 && $0.dropFirst().allSatisfy { $0 == 0xFF } })
    // §8.3.2: doNotCreate; other files of the template are created by default.
    #expect(profile.file([0x7FD0, 0x6F08]) == nil)
    #expect(profile.file([0x7FD0, 0x6F09])?.contents.prefix(2) == [0x07, 0xFF])
    #expect(profile.file([0x7FD0, 0x6F09])?.parameters.proprietary.specialFile == 0x80)
  }

  @Test("several fileDescriptors in one field make several files of a family") func families() throws {
    func icon(_ identifier: FileIdentifier?) -> File.Item {
      var fcp = Fcp()
      (fcp.fileID, fcp.fileSize) = (identifier, 2)
      return .fileDescriptor(fcp)
    }
    var directory = Fcp()
    directory.pinStatusTemplateDO = [1]
    let cd = PE.CD(
      2, template: try #require(OID("2.23.143.1.2.2")),
      [
        .dfCD: File(directory),
        .efIcon: File([icon(nil), .fillFileContent([1]), icon(nil), icon(0x6F55), .fillFileContent([3, 4])]),
      ])
    let profile = ResolvedProfile(Package([try mf([.mf: File()]), cd]))
    #expect(profile.findings.isEmpty)
    #expect(profile.files(in: [0x7F11]).map(\.parameters.fileIdentifier) == [0x6F40, 0x6F41, 0x6F55])
    #expect(profile.files(in: [0x7F11]).map(\.contents.hex) == ["01FF", "FFFF", "0304"])
  }

  @Test("§8.3.5: a created DF is selected, a created EF becomes the current one, links take their target's measures")
  func genericFileManagement() throws {
    func fcp(_ descriptor: [UInt8], _ identifier: FileIdentifier, size: Int? = nil, link: [UInt8]? = nil) -> Fcp {
      var fcp = Fcp()
      (fcp.fileDescriptor, fcp.fileID, fcp.fileSize, fcp.linkPath) = (descriptor, identifier, size, link)
      fcp.securityAttributesReferenced = [0x2F, 0x06, 0x01]
      return fcp
    }
    let management = PE.GenericFileManagement(
      2,
      [
        .createFCP(fcp([0x78, 0x21], 0x7F55)), .createFCP(fcp([0x42, 0x21, 0x00, 0x02], 0x6F01, size: 6)),
        .fillFileOffset(2), .fillFileContent([9, 9]), .createFCP(fcp([0x41, 0x21], 0x6F02, size: 1)),
        .filePath([]), .createFCP(fcp([0x42, 0x21, 0x00, 0x07], 0x2F55, link: [0x7F, 0x55, 0x6F, 0x01])),
        .filePath([0x3F, 0x00, 0x7F, 0x55, 0x6F, 0x02]), .fillFileContent([5]),
      ])
    let profile = ResolvedProfile(Package([try mf([.mf: File()]), management]))
    #expect(profile.findings.isEmpty, "\(profile.findings)")
    #expect(profile.file([0x7F55, 0x6F01])?.records.map(\.hex) == ["FFFF", "0909", "FFFF"])
    #expect(profile.file([0x7F55, 0x6F02])?.contents == [5])
    let link = try #require(profile.file([0x2F55]))
    #expect(link.isLink && link.recordLength == 2 && link.parameters.fileSize == 6)
  }

  @Test("§7.2: an element that is not mandated and cannot be made leaves a warning and no file") func notMandated()
    throws
  {
    let bytes: [UInt8] = [0xA1, 13, 0xA0, 3, 0x81, 1, 9, 0xA1, 6, 0x30, 4, 0x80, 2, 0x7F, 0x99]
    let package = try Package(decoding: Package([try mf([.mf: File()])]).encoded + bytes)
    let finding = try #require(ResolvedProfile(package).findings.first)
    #expect(finding.severity == .warning && finding.sentence == "there is no file at 7F99")
  }

  @Test("templates: each version has rows for files of its element alone, and their identifiers are unique")
  func templates() {
    for template in Template.all {
      for version in template.identifiers {
        let rows = template.rows(version: version).compactMap(\.self)
        #expect(!rows.isEmpty)
        #expect(Template.template(version)?.elementName == template.elementName)
        for row in rows where row.recordLength != nil { #expect((1...255).contains(row.recordLength ?? 0)) }
      }
    }
    let identifiers = Template.all.flatMap(\.identifiers)
    #expect(Set(identifiers).count == identifiers.count)
  }
}

@Suite("Profile package: inspection", .enabled(if: Vectors.exist, Vectors.missing)) struct InspectionTests {
  @Test("files, rules and contents are told in words; secrets are not") func text() throws {
    let package = try TestProfiles.package("TS48v7_SAIP2.3_BERTLV_SUCI.der")
    let text = Inspection(package).description
    let lines = [
      "GSMA Generic eUICC Test Profile", "89000123456789012341", "A0000000871002FF49FF0589 USIM",
      "6F07 EF.IMSI: transparent, 9 bytes, SFI 7, rule 6F06/10 (read PIN 01; update, deactivate, activate ADM 0A)",
      "algorithm  usimTestAlgorithm", "K          ‹redacted›",
      "124 SUCI support", "5F3E DF.V2X", "4F0B EF.URSP", "shows 3F00/7FD0/6F3C",
    ]
    for line in lines { #expect(text.contains(line), "\(line)") }
    #expect(!text.contains("000102030405060708090A0B0C0D0E0F"))
    #expect(Inspection(package, revealingSecrets: true).description.contains("000102030405060708090A0B0C0D0E0F"))
  }

  @Test("and as JSON") func json() throws {
    let package = try BaseProfile.template().personalise(with: Order.full())
    let data = try JSONEncoder().encode(Inspection(package))
    let text = String(decoding: data, as: UTF8.self)
    #expect(text.contains("\"Zürich Tel\"") && text.contains("\"EF.IMSI\"") && !text.contains("11112222"))
  }
}
