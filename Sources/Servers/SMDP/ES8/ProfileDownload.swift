import APDU
import Bytes
import Identifiers
import Keys
import ProfileFactory
import SGP02
import SGP22
import Stations
import Store
import TLV
import Transport

/// SGP.02 §3.1, Profile Download and Installation, as the SM-DP sees it: an ISD-P is created, a key set is agreed on with
/// it, the profile is loaded, and the SM-SR is told. Before that is told, everything can be undone.
public struct ProfileDownload {
  static let name = "profile download"
  /// The version of an ISD-P's key set (§2.2.5.1).
  static let keyVersion: UInt8 = 0x30
  /// How often an eUICC is told once more to create an ISD-P that it did not create.
  private static let roundLimit = 10

  let desk: Desk
  let link: any ServerLink
  let random: any RandomSource

  static let plan = StepPlan<ProfileDownload>(
    name,
    before: [
      Step("createISDP", perform: { try $0.createISDP($1) }, undo: { try $0.deleteISDP($1) }),
      Step("establishISDPKeySet", perform: { try $0.establishKeySet($1) }),
      Step("downloadAndInstallation", perform: { try $0.downloadAndInstallation($1) }),
    ],
    pivot: Step("profileDownloadCompleted", perform: { try $0.completed($1) }), after: [],
    ended: { party, act, transaction in
      party.desk.talks.keep(nil, for: act.subject)
      try DownloadTable.set(keys: nil, of: act.subject, in: transaction)
    })

  /// Runs one step of at most `limit` downloads that are due, calling SM-SRs over `link`; returns how many.
  @discardableResult
  public static func run(_ desk: Desk, limit: Int = 64, given: Given, over link: any ServerLink) throws -> Int {
    let party = ProfileDownload(desk: desk, link: link, random: given.random)
    let runner = StepRunner(plan, for: party, store: desk.store, backOff: desk.settings.asking)
    return try runner.run(limit: limit, now: given.now)
  }

  /// After a start: downloads that a former process had in hand go on at once.
  public static func resume(_ desk: Desk, given: Given, over link: any ServerLink) throws {
    let party = ProfileDownload(desk: desk, link: link, random: given.random)
    try StepRunner(plan, for: party, store: desk.store).resume(now: given.now)
  }

  // MARK: Steps

  private func createISDP(_ call: StepCall) throws -> StepOutcome {
    let download = try download(call)
    let room = try package(download).count
    let request = ES3.CreateISDP.Request(target: download.target, mnoId: download.mno, requiredMemory: 4 * room)
    switch smsr(download).call(ES3.CreateISDP.self, request, identifier: name(call, download)) {
    case .success(let answer):
      return .done { try DownloadTable.set(isdp: answer.isdpAid, of: download.subject, in: $0) }
    // Its power went between the message and the deed.
    case .refused(.euiccNotExecuted) where download.round < Self.roundLimit:
      try nextRound(download)
      return unknown("the eUICC did not create the ISD-P", download, call)
    case .refused(let refusal): return outcome(refusal, download, call)
    case .unknown(let why): return unknown(why, download, call)
    }
  }

  private func deleteISDP(_ call: StepCall) throws -> StepOutcome {
    let download = try download(call)
    switch smsr(download).call(ES3.DeleteISDP.self, download.target, identifier: name(call, download)) {
    case .success, .refused(.profileUnknown), .refused(.eidUnknown): return .done
    case .refused(.euiccNotExecuted):
      try nextRound(download)
      return .unknown("the eUICC did not delete the ISD-P")
    case .refused(let refusal): return .unknown("\(refusal)")
    case .unknown(let why): return .unknown(why)
    }
  }

  /// SGP.02 §3.1.2 with §4.1.3.1, scenario #3: certificate, challenge, one-time key and signature, receipt.
  private func establishKeySet(_ call: StepCall) throws -> StepOutcome {
    let download = try download(call)
    let euicc = try download.credentials.verified(in: desk.trust.circle, at: call.now)
    var template = KeySetEstablishment.Template(keyVersion: Self.keyVersion)
    if euicc.isKeyOnRequest { template.options.insert(.keyOnRequest) }
    return talk(download, call) { talk in
      switch talk.phase {
      case .begun, .delivering:
        let script = [ES5.presentCertificate(desk.certificate.encoded)]
        let answers = try ask(script, &talk, download, call)
        // The eUICC, and not the weather, refuses the certificate.
        guard let last = answers.last, answers.count == 2, last.status.isSuccess else {
          return .refused("the eUICC does not accept the SM-DP's certificate: \(answers.map(\.status))")
        }
        let oneTime = PrivateKey(.p256, random: random)
        let request = try KeySetEstablishment(
          template, oneTimeKey: oneTime.publicKey, challenge: Array(TLVElement(last.data).content), signedBy: desk.key)
        talk.phase = .asked(request, oneTime)
        return nil
      case .asked(let request, let oneTime):
        let answers = try ask([.establishKeySet(request)], &talk, download, call)
        guard let last = answers.last, answers.count == 2, last.status.isSuccess,
          let set = try KeySetEstablishment.Answer(encoded: last.data).keySet(
            request.template, oneTimeKey: oneTime, ecasd: euicc.agreementKey, eid: euicc.eid)
        else { throw Interrupted("the eUICC does not agree on a key set: \(answers.map(\.status))") }
        let wrapped = try desk.vault.wrap(
          Secret(set.keys.flatMap(\.bytes)), context: DownloadTable.place(download.subject), random: random)
        return .done { try DownloadTable.set(keys: wrapped, of: download.subject, in: $0) }
      }
    }
  }

  /// SGP.02 §3.1.3 with §4.1.3.3: the profile over SCP03t, and what the eUICC says of it.
  private func downloadAndInstallation(_ call: StepCall) throws -> StepOutcome {
    let download = try download(call)
    return talk(download, call) { talk in
      guard case .delivering(var delivery, let next) = talk.phase else {
        guard let wrapped = download.keys else { return .refused("there is no key set") }
        let bytes = try desk.vault.unwrap(wrapped, context: DownloadTable.place(download.subject)).bytes
        let keys = (0..<3).map { Secret(Array(bytes[$0 * 16..<($0 + 1) * 16])) }
        let delivery = try ISDPDelivery(
          try package(download), keys: keys, keyVersion: Self.keyVersion, random: random)
        talk.phase = .delivering(delivery, next: delivery.first)
        return nil
      }
      do {
        let answer = try send(next, &talk, download, call)
        switch try delivery.next(after: answer) {
        case .send(let data): talk.phase = .delivering(delivery, next: data)
        case .installed(let response):
          return response.isAborted ? .refused("the eUICC does not install the profile: \(response)") : .done
        }
      } catch DeliveryError.closed {
        // It was installed, and the answer lost: the SM-SR asks the eUICC in the next step.
        return .done
      } catch let refusal as Refusal where refusal == .profileStateWrong {
        // The same, and the SM-SR has asked already.
        return .done
      }
      return nil
    }
  }

  private func completed(_ call: StepCall) throws -> StepOutcome {
    let download = try download(call)
    let request = ES3.ProfileDownloadCompleted.Request(
      target: download.target, subscriptionAddress: download.address, pol2: download.pol2)
    switch smsr(download).call(ES3.ProfileDownloadCompleted.self, request, identifier: call.identifier) {
    case .success: return .done
    case .refused(let refusal): return outcome(refusal, download, call)
    case .unknown(let why): return unknown(why, download, call)
    }
  }

  // MARK: Talking

  /// The talk does not go on: it is begun anew.
  private struct Interrupted: Error {
    let why: String
    init(_ why: String) { self.why = why }
  }

  /// The SM-SR has not answered yet.
  private struct UnderWay: Error {}

  /// Goes on with the talk of `download` until something is to be waited for; `turn` gives the end of it.
  private func talk(
    _ download: Download, _ call: StepCall, _ turn: (inout Talk) throws -> StepOutcome?
  ) -> StepOutcome {
    var talk = desk.talks.talk(for: download.subject, random: random)
    do {
      while true {
        if let end = try turn(&talk) {
          desk.talks.keep(nil, for: download.subject)
          return end
        }
        desk.talks.keep(talk, for: download.subject)
      }
    } catch is UnderWay {
      desk.talks.keep(talk, for: download.subject)
      return unknown("the eUICC has not answered yet", download, call)
    } catch let refusal as Refusal where !Self.passes(refusal) {
      desk.talks.keep(nil, for: download.subject)
      return .refused("\(refusal)")
    } catch {
      desk.talks.keep(nil, for: download.subject)
      return unknown("\((error as? Interrupted)?.why ?? "\(error)")", download, call)
    }
  }

  private func ask(
    _ functions: [ES5], _ talk: inout Talk, _ download: Download, _ call: StepCall
  ) throws -> [Response] {
    try CommandScript.answers(send(CommandScript.encode(functions.map(\.command)), &talk, download, call))
  }

  /// SGP.02 §5.4.4 ES3.SendData, and what came back.
  private func send(
    _ data: [UInt8], _ talk: inout Talk, _ download: Download, _ call: StepCall
  ) throws -> [UInt8] {
    guard let isdp = download.isdp else { throw Interrupted("there is no ISD-P") }
    let identifier = "\(call.identifier)-\(talk.name)-\(talk.answers)"
    let request = ES3.SendData.Request(eid: download.target.eid, sdAid: isdp, data: data)
    switch smsr(download).call(ES3.SendData.self, request, identifier: identifier) {
    case .success(let answer):
      talk.answers += 1
      return answer.euiccResponseData
    case .refused(.functionUnderWay), .unknown: throw UnderWay()
    case .refused(let refusal): throw refusal
    }
  }

  // MARK: What all have in common

  private func download(_ call: StepCall) throws -> Download {
    guard let download = try desk.store.read({ try DownloadTable.download(call.act.subject, in: $0) }) else {
      throw StoreError.unexpected("the download is gone")
    }
    return download
  }

  private func package(_ download: Download) throws -> [UInt8] {
    let iccid = download.target.iccid
    guard let stock = try desk.store.read({ try DownloadTable.package(iccid, in: $0) }) else {
      throw StoreError.unexpected("the profile is gone")
    }
    return try desk.vault.unwrap(stock.wrapped, context: DownloadTable.place(iccid)).bytes
  }

  private func smsr(_ download: Download) -> FunctionClient {
    FunctionClient(link: link, host: download.smsr, requester: desk.settings.requesterIdentifier)
  }

  /// Whether it may be otherwise next time.
  private static func passes(_ refusal: Refusal) -> Bool {
    [.functionUnderWay, .answerLost, .euiccNotExecuted].contains(refusal)
  }

  private func outcome(_ refusal: Refusal, _ download: Download, _ call: StepCall) -> StepOutcome {
    refusal == .functionUnderWay ? unknown("the eUICC has not answered yet", download, call) : .refused("\(refusal)")
  }

  private func unknown(_ why: String, _ download: Download, _ call: StepCall) -> StepOutcome {
    let isLate = call.now >= download.since + desk.settings.patience
    return isLate ? .refused("after \(desk.settings.patience): \(why)") : .unknown(why)
  }

  private func name(_ call: StepCall, _ download: Download) -> String { "\(call.identifier)-\(download.round)" }

  private func nextRound(_ download: Download) throws {
    try desk.store.transaction { try DownloadTable.nextRound(of: download, in: $0) }
  }
}
