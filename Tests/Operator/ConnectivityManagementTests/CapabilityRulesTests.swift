import ConnectivityManagement
import Identifiers
import SGP02
import Testing

@Suite("E2: what an operator wants of an eUICC") struct CapabilityRulesTests {
  private static func report(
    memory: Int = 20_000, services: String = "usim milenage", platform: String = "GlobalPlatform 2.3"
  ) throws -> EUICCReport {
    var report = EUICCReport(
      eid: try EID(prefix: "890490320000000000000000000000"), agreementCertificate: [1], signatureCertificate: [2],
      eumCertificate: [3])
    report.commonInformation = .init(operatingSystem: "Simurgh", platform: platform, hardware: "software")
    report.status = .init(freeMemory: memory, services: services, isdps: [])
    return report
  }

  @Test(
    "an eUICC with too little memory, without a service, of another platform or silent about itself gets no profile")
  func objections() throws {
    var rules = CapabilityRules()
    #expect(rules.objection(to: try Self.report()) == nil)
    #expect(rules.objection(to: try Self.report(memory: 16_383)) == "16383 bytes are free, 16384 are wanted")
    rules.services = ["milenage", "tuak", "csim"]
    #expect(rules.objection(to: try Self.report()) == "it lacks csim, tuak")
    #expect(rules.objection(to: try Self.report(services: "csim usim tuak milenage")) == nil)
    rules = CapabilityRules()
    rules.platforms = ["Java Card 3", "GlobalPlatform 2"]
    #expect(rules.objection(to: try Self.report()) == nil)
    #expect(rules.objection(to: try Self.report(platform: "own")) == "its platform own is not approved")
    var silent = try Self.report()
    silent.status = nil
    #expect(rules.objection(to: silent) == "the eUICC does not say what it can do")
  }
}
