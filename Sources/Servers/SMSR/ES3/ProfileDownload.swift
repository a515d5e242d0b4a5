import APDU
import Identifiers
import SGP02
import SGP22
import Stations
import Store

// What an SM-DP has done for an operator. The SM-SR knows which ISD-P is whose, and what an SM-DP may say to it; what the
// SM-DP and the ISD-P then say to each other is closed for the SM-SR.

extension Desk {
  /// SGP.02 §5.4.3 ES3.CreateISDP. Asked again for a profile whose ISD-P is there and empty, it gives that one.
  public func createISDP(
    _ request: ES3.CreateISDP.Request, by call: OperatorCall, given: Given, in reader: any Reader
  ) throws -> Decision<ES3.CreateISDP.Response> {
    let target = request.target
    let course = try course(.createISDP, target.eid, target.iccid, by: call, given: given, in: reader) { _ in
      guard let eis = try EISTable.eis(target.eid, managedBy: identifier, in: reader) else {
        throw Refusal.eidUnknown.because("\(call.mno.identifier) asked for \(target.eid)")
      }
      guard try EISTable.isAuthorised(call.mno.identifier, by: request.mnoId, for: target, in: reader) else {
        throw Refusal.smdpNotAuthorised.because("\(request.mnoId) has not named \(call.mno.identifier)")
      }
      if let known = eis.profiles.first(where: { $0.iccid == target.iccid }) {
        guard known.state == .created, known.smdpId == call.mno.identifier else { throw Self.wrongState(known) }
        return []
      }
      guard request.requiredMemory <= eis.remainingMemory, eis.profiles.count < EIS.profileLimit,
        let aid = Self.freeISDP(eis.profiles)
      else { throw Refusal.euiccFull.because("\(request.requiredMemory) bytes of \(eis.remainingMemory)") }
      let profile = EISProfile(
        iccid: target.iccid, isdpAid: aid, mnoId: request.mnoId, smdpId: call.mno.identifier, state: .created,
        allocatedMemory: request.requiredMemory)
      return [EISTable.Change.created(profile, target.eid)]
    }
    return try Self.decision(course, target.eid) { _ in
      let profiles = try EISTable.profiles(of: target.eid, in: reader)
      guard let profile = profiles.first(where: { $0.iccid == target.iccid }) else {
        return .failure(.euiccNotExecuted)
      }
      return .success(.init(isdpAid: profile.isdpAid))
    }
  }

  /// The lowest ISD-P that no profile has.
  private static func freeISDP(_ profiles: [EISProfile]) -> AID? {
    let taken = Set(profiles.map(\.isdpAid))
    return SecurityDomains.isdpNumbers.lazy.compactMap { SecurityDomains.isdp($0) }.first { !taken.contains($0) }
  }

  /// SGP.02 §5.4.4 ES3.SendData.
  public func sendData(
    _ request: ES3.SendData.Request, by call: OperatorCall, given: Given, in reader: any Reader
  ) throws -> Decision<ES3.SendData.Response> {
    // SGP.02 does not say which of two SM-DPs comes first: the one that began goes on, as long as it does.
    let isNew = try OperationTable.operation(call.mno.identifier, call.identifier, in: reader) == nil
    if isNew, try TalkTable.isTaken(request.eid, for: request.sdAid, at: given.now, in: reader) {
      return Self.pending(request.eid, [])
    }
    let isScript = request.data.first == 0xAA
    let data = isScript ? try Self.script(request) : request.data
    let course = try course(.sendData, request.eid, nil, data: data, by: call, given: given, in: reader) { operation in
      let profiles = try EISTable.profiles(of: request.eid, in: reader)
      guard let known = profiles.first(where: { $0.isdpAid == request.sdAid }) else {
        throw Refusal.profileUnknown.because("\(call.mno.identifier) spoke to \(request.sdAid) on \(request.eid)")
      }
      let (profile, _) = try profile(.init(eid: request.eid, iccid: known.iccid), for: call.mno, in: reader)
      // What is installed is its operator's: nothing more is loaded into it.
      guard profile.state == .created else { throw Self.wrongState(profile) }
      operation.aid = isScript ? nil : request.sdAid
      let end = given.now + settings.talkPause
      return [TalkTable.Said(eid: request.eid, isdp: request.sdAid, until: end)]
    }
    return Self.decision(course, request.eid) { operation in
      .success(.init(euiccResponseData: operation.answer ?? []))
    }
  }

  /// The script as it goes to the ISD-R, under the management keys: for the ISD-P first, and nothing in it that is the
  /// SM-SR's to ask.
  private static func script(_ request: ES3.SendData.Request) throws(Denial) -> [UInt8] {
    let commands: [Command]
    do { commands = try CommandScript.commands(request.data) } catch { throw Refusal.dataRefused.because("\(error)") }
    for command in commands {
      switch try? ES5(command) {
      case .presentCertificate, .establishKeySet, .updateConnectivityParameters: continue
      default: throw Refusal.dataRefused.because("\(command) is not an SM-DP's")
      }
    }
    return CommandScript.encode([ES5.personalise(request.sdAid).command] + commands)
  }

  /// SGP.02 §5.4.5 ES3.ProfileDownloadCompleted: the SM-SR asks the eUICC whether the profile is there.
  public func profileDownloadCompleted(
    _ request: ES3.ProfileDownloadCompleted.Request, by call: OperatorCall, given: Given, in reader: any Reader
  ) throws -> Decision<NoFields> {
    let target = request.target
    let course = try course(.profileDownload, target.eid, target.iccid, by: call, given: given, in: reader) { _ in
      // An audit may have found the profile before its SM-DP told of it.
      _ = try profile(target, for: call.mno, in: reader)
      return [
        EISTable.Change.address(target, request.subscriptionAddress), EISTable.Change.policy(target, request.pol2),
      ]
    }
    return Self.decision(course, target.eid) { _ in .success(NoFields()) }
  }
}
