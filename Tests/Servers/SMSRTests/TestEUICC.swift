import APDU
import Bytes
import Identifiers
import Keys
import SGP02
import SecureChannel

/// A scripted eUICC with an ISD-R behind SCP80: it carries out what it is sent, once, and reports what it is.
struct TestEUICC {
  let eid: EID
  let keys: SCP80.Keys
  private(set) var isdps: [EUICCReport.ISDP]
  private var last = SCP80.Counter.zero
  /// What it answers the next command with, in the place of doing it.
  var refusal: StatusWord?
  /// The notification that it repeats until it is confirmed: its number.
  private(set) var pending: UInt16?
  private var notifications: UInt16 = 0
  /// How many commands it carried out, reports left out.
  private(set) var commands = 0
  /// Answers of this many packets are lost from now on; the packets themselves arrive.
  var losing = 0

  init(_ eid: EID, keys: SCP80.Keys, isdps: [EUICCReport.ISDP]) {
    (self.eid, self.keys, self.isdps) = (eid, keys, isdps)
  }

  /// The response packet; nil where it is lost.
  mutating func receive(_ packet: [UInt8]) throws -> [UInt8]? {
    let command = try SCP80.CommandPacket.Received(packet).open(with: keys)
    var response = SCP80.ResponsePacket(.counterLow, from: command.tar, counter: command.counter)
    if command.counter > last {
      last = command.counter
      let answers = try CommandScript.commands(command.data).map { try answer(ES5($0)) }
      response = SCP80.ResponsePacket(
        .ok, data: CommandScript.encode(answers), from: command.tar, counter: command.counter)
    }
    guard losing == 0 else {
      losing -= 1
      return nil
    }
    return try response.secured(with: keys)
  }

  /// What it shows: the only ISD-P that is enabled.
  var enabled: AID? { isdps.first { $0.state == .enabled }?.aid }

  private mutating func answer(_ function: ES5) -> Response {
    if case .getReport = function { return Response(report.encoded) }
    if case .confirmNotification(let number) = function {
      guard pending == number else { return Response([], .referencedDataNotFound) }
      pending = nil
      return Response()
    }
    if let refusal {
      self.refusal = nil
      return Response([], refusal)
    }
    commands += 1
    switch function {
    case .enableProfile(let aid): enable(aid)
    case .disableProfile:
      if let fallback = isdps.first(where: \.hasFallbackAttribute) { enable(fallback.aid) }
    case .deleteProfile(let aid): isdps.removeAll { $0.aid == aid }
    default: return Response([], .functionNotSupported)
    }
    return Response()
  }

  private mutating func enable(_ aid: AID) {
    for index in isdps.indices where isdps[index].state == .enabled { isdps[index].state = .disabled }
    for index in isdps.indices where isdps[index].aid == aid { isdps[index].state = .enabled }
    notifications += 1
    pending = notifications
  }

  /// What it tells of its own accord, when it has a network; nil where everything is confirmed.
  func notification() throws -> [UInt8]? {
    guard let pending, let isdp = enabled, let counter = SCP80.Counter(UInt64(pending)),
      let tar = SCP80.TAR(SecurityDomains.tar(of: SecurityDomains.isdr))
    else { return nil }
    let told = EUICCNotification(eid: eid, event: .profileChangeSucceeded, sequenceNumber: pending, isdp: isdp)
    return try SCP80.CommandPacket(told.encoded, to: tar, counter: counter, security: .notification).secured(with: keys)
  }

  /// Nobody confirmed: the profile before is enabled again.
  mutating func takeBack(to aid: AID) { enable(aid) }

  private var report: EUICCReport {
    var report = EUICCReport(eid: eid, agreementCertificate: [1], signatureCertificate: [2], eumCertificate: [3])
    report.status = .init(freeMemory: 1000 * (10 - isdps.count), services: "usim", isdps: isdps)
    return report
  }
}
