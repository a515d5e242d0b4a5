import Bytes
import Identifiers
import SGP02
import Testing

@Suite("What an eUICC tells of itself") struct EUICCReportTests {
  @Test("a report arrives as it was given, with and without what needs rights") func roundTrip() throws {
    let eid = try EID(prefix: "890490320000000000000000000000")
    var report = EUICCReport(
      eid: eid, agreementCertificate: [1], signatureCertificate: [2], eumCertificate: [UInt8](repeating: 3, count: 600))
    #expect(try EUICCReport(encoded: report.encoded) == report)
    report.keyOnRequest = [4]
    report.commonInformation = .init(operatingSystem: "Simurgh", platform: "GlobalPlatform 2.3", hardware: "software")
    let isdp = EUICCReport.ISDP(
      aid: AID(literal: "A0000005591010FFFFFFFF8900001000"), state: .enabled, hasFallbackAttribute: true,
      iccid: try ICCID("8949000000000000006"))
    report.status = .init(freeMemory: 100_000, services: "usim milenage", isdps: [isdp])
    #expect(try EUICCReport(encoded: report.encoded) == report)
    for count in 0..<report.encoded.count {
      #expect(throws: (any Error).self) { try EUICCReport(encoded: report.encoded.prefix(count)) }
    }
  }
}
