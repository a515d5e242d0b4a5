import APDU
import Bytes
import Identifiers
import Keys
import SGP02
import Testing

@Suite("ES5 and ES8: the words between SM-SR, SM-DP and card") struct ES5Tests {
  static let isdp = AID(literal: "A0000005591010FFFFFFFF8900001000")

  static func functions() throws -> [ES5] {
    let random = SeededRandomSource(seed: Array("es5".utf8))
    let (party, oneTime) = (PrivateKey(.p256, random: random), PrivateKey(.p256, random: random))
    let request = try KeySetEstablishment(
      KeySetEstablishment.Template(keyVersion: 0x30, options: .deletesOthers), oneTimeKey: oneTime.publicKey,
      challenge: random.bytes(16), signedBy: party)
    let proof = try #require(IdentityProof(asker: "mno.example", nonce: random.bytes(16)))
    let parameters = try #require(ConnectivityParameters(serviceCentre: [0x91, 0x94, 0x71]))
    return [
      .createISDP(isdp, memory: 20_000), .enableProfile(isdp), .disableProfile(isdp), .deleteProfile(isdp),
      .setFallbackAttribute(isdp), .personalise(isdp), .presentCertificate(random.bytes(300)),
      .establishKeySet(request), .finaliseISDRhandover, .updateSMSRAddressingParameters([0x91, 0x94]),
      .updateConnectivityParameters(parameters), .confirmNotification(0xFFFE), .getReport, .proveIdentity(proof),
      .makeKey,
    ]
  }

  @Test("SGP.02 §4.1: each function arrives as it was sent, alone and in a script") func roundTrip() throws {
    let functions = try Self.functions()
    let script = CommandScript.encode(functions.map(\.command))
    #expect(try CommandScript.commands(script).map { try ES5($0) } == functions)
  }

  @Test("SGP.02 §4.1.1: the commands are those of the specification") func bytes() {
    let aid = "4F10A0000005591010FFFFFFFF8900001000"
    #expect(ES5.enableProfile(Self.isdp).command.bytes.hex == "80E28800153A0312" + aid)
    #expect(ES5.disableProfile(Self.isdp).command.bytes.hex == "80E28800153A0412" + aid)
    #expect(ES5.setFallbackAttribute(Self.isdp).command.bytes.hex == "80E28800153A0512" + aid)
    #expect(ES5.deleteProfile(Self.isdp).command.bytes.hex == "80E4004012" + aid + "00")
    #expect(ES5.confirmNotification(7).command.bytes.hex == "80E28900073A08044E02000700")
  }

  @Test("a function that is cut off or changed is another one or none, and nothing traps") func mutation() throws {
    for function in try Self.functions() {
      let command = function.command
      for count in 0..<command.data.count {
        var cut = command
        cut.data = Array(command.data.prefix(count))
        #expect((try? ES5(cut)) != function)
      }
      for index in command.data.indices {
        var changed = command
        changed.data[index] ^= 0xFF
        _ = try? ES5(changed)
      }
    }
    #expect(throws: StatusWordError(.functionNotSupported)) {
      try ES5(Command(bytes: [UInt8](hex: "80E28800053A0702A100")))
    }
    #expect(throws: StatusWordError(.instructionNotSupported)) { try ES5(Command(bytes: [0x80, 0xF2, 0, 0])) }
    #expect(throws: StatusWordError(.classNotSupported)) { try ES5(Command(bytes: [0x00, 0xCA, 0xBF, 0x70])) }
  }

  @Test("TS 102 226 §5.2.1: answers arrive as they were given, and scripts are bounded") func scripts() throws {
    let answers = [Response([1, 2, 3]), Response([], .conditionsOfUse)]
    #expect(try CommandScript.answers(CommandScript.encode(answers)) == answers)
    #expect(try CommandScript.answers(CommandScript.encode([Response]())) == [])
    let many = [Command](repeating: ES5.getReport.command, count: CommandScript.commandLimit + 1)
    #expect(throws: (any Error).self) { try CommandScript.commands(CommandScript.encode(many)) }
    #expect(throws: (any Error).self) { try CommandScript.commands(CommandScript.encode([Command]())) }
    #expect(throws: (any Error).self) { try CommandScript.answers([UInt8](hex: "AB0780010223029000")) }
  }

  @Test("SGP.02 annex H: AIDs, TARs and numbers of ISD-Ps belong together") func identifiers() {
    #expect(SecurityDomains.isdp(0x0010) == Self.isdp)
    #expect(SecurityDomains.tar(of: Self.isdp) == [0x00, 0x00, 0x10])
    #expect(SecurityDomains.tar(of: SecurityDomains.isdr) == [0x00, 0x00, 0x01])
    for number in [0x0010, 0x0100, 0xFFFF] {
      let aid = SecurityDomains.isdp(number)
      #expect(aid.flatMap(SecurityDomains.isdpNumber) == number)
      #expect(aid.flatMap { SecurityDomains.isdp(tar: SecurityDomains.tar(of: $0)) } == aid)
    }
    #expect(SecurityDomains.isdp(0x000F) == nil)
    #expect(SecurityDomains.isdpNumber(SecurityDomains.isdr) == nil)
    #expect(SecurityDomains.isdp(tar: [0xB2, 0x01, 0x00]) == nil)
  }

  @Test("SGP.02 §4.1.1.11: a notification arrives as it was given") func notification() throws {
    let eid = try EID(prefix: "890490320000000000000000000000")
    for event in EUICCNotification.Event.allCases {
      let notification = EUICCNotification(
        eid: eid, event: event, sequenceNumber: 0x0102, isdp: Self.isdp, imei: event == .declaration ? [1, 2] : nil)
      #expect(try EUICCNotification(encoded: notification.encoded) == notification)
    }
  }

  @Test("POL1's rules are the header's bits") func policy() {
    #expect(PolicyRules(pol: nil) == [])
    #expect(PolicyRules(pol: [0x07]) == [.disablingNotAllowed, .deletionNotAllowed, .deletedWhenDisabled])
    #expect(PolicyRules(pol: PolicyRules.deletionNotAllowed.pol) == .deletionNotAllowed)
  }
}
