import APDU
import Bytes
import Identifiers
import SGP02
import SecureElement
import UICC

/// The life of ISD-Ps (SGP.02 §3.2 to §3.5, §4.1.1). Each function checks first and writes then: states, the visible file
/// system and what is to be told change in one commit, or nothing does.
extension ISDR {
  /// ISD-Ps that a card has room for.
  static let isdpLimit = 16

  /// Carries out one command of a script that came under `keySet`; the answer's data.
  func carryOut(
    _ function: ES5, under keySet: KeySetRecord, in exchange: Exchange
  ) throws(StatusWordError) -> [UInt8] {
    let records = CardRecords(exchange.memory)
    switch function {
    case .createISDP(let aid, let memory): try create(aid, memory: memory, records)
    case .enableProfile(let aid): try enable(aid, in: exchange)
    case .disableProfile(let aid): try disable(aid, in: exchange)
    case .deleteProfile(let aid): try delete(aid, in: exchange)
    case .setFallbackAttribute(let aid): try setFallbackAttribute(aid, records)
    case .personalise(let aid): personalised = aid == SecurityDomains.isdr ? nil : try records.isdp(aid).aid
    case .presentCertificate(let bytes): return try present(bytes, in: exchange)
    case .establishKeySet(let request): return try establish(request, under: keySet, in: exchange)
    case .finaliseISDRhandover: try finaliseHandover(under: keySet, records)
    case .updateSMSRAddressingParameters(let address):
      guard ShortMessageAddress(dialling: address) != nil else { throw StatusWordError(.wrongData) }
      records.smsrAddress = address
    case .updateConnectivityParameters(let parameters):
      guard let personalised else { throw StatusWordError(.conditionsOfUse) }
      var isdp = try records.isdp(personalised)
      isdp.connectivity = parameters
      records.write(isdp)
    case .confirmNotification(let number): return try confirm(number, in: exchange)
    case .getReport: return try report(in: exchange)
    case .proveIdentity(let proof): return try prove(proof, in: exchange)
    case .makeKey: return try makeKey(in: exchange)
    }
    return []
  }

  /// §4.1.1.1.
  private func create(_ aid: AID, memory: Int, _ records: CardRecords) throws(StatusWordError) {
    guard let number = SecurityDomains.isdpNumber(aid) else { throw StatusWordError(.wrongData) }
    guard records.isdp(number) == nil else { throw StatusWordError(.conditionsOfUse) }
    guard records.isdps.count < Self.isdpLimit, memory <= records.memory.freeBytes else {
      throw StatusWordError(.notEnoughMemory)
    }
    records.write(ISDPRecord(number: number, memory: memory))
  }

  /// §4.1.1.2.
  private func enable(_ aid: AID, in exchange: Exchange) throws(StatusWordError) {
    let records = CardRecords(exchange.memory)
    let target = try records.isdp(aid)
    guard target.state == .disabled else { throw StatusWordError(.conditionsOfUse) }
    try checkNoChangePends(records)
    let former = records.enabled
    // POL1 of the enabled profile: "Disabling of this Profile is not allowed".
    if former?.rules.contains(.disablingNotAllowed) == true { throw StatusWordError(.forbiddenByPOL1) }
    change(to: target, from: former, telling: .profileChangeSucceeded, in: exchange)
  }

  /// §4.1.1.3: the profile with the fall-back attribute is enabled in its place.
  private func disable(_ aid: AID, in exchange: Exchange) throws(StatusWordError) {
    let records = CardRecords(exchange.memory)
    let target = try records.isdp(aid)
    guard target.state == .enabled, !target.hasFallbackAttribute, let fallback = records.fallback,
      fallback.state == .disabled
    else { throw StatusWordError(.conditionsOfUse) }
    try checkNoChangePends(records)
    guard !target.rules.contains(.disablingNotAllowed) else { throw StatusWordError(.forbiddenByPOL1) }
    change(to: fallback, from: target, telling: .profileChangeSucceeded, in: exchange)
  }

  /// §4.1.1.4: an ISD-P that is not in use, with everything in it.
  private func delete(_ aid: AID, in exchange: Exchange) throws(StatusWordError) {
    let records = CardRecords(exchange.memory)
    let target = try records.isdp(aid)
    guard target.state != .enabled, !target.hasFallbackAttribute, records.pending?.former != target.number else {
      throw StatusWordError(.conditionsOfUse)
    }
    guard !target.rules.contains(.deletionNotAllowed) else { throw StatusWordError(.forbiddenByPOL1) }
    remove(target, in: exchange)
  }

  /// §4.1.1.7: one profile has the attribute; the one that had it loses it.
  private func setFallbackAttribute(_ aid: AID, _ records: CardRecords) throws(StatusWordError) {
    var target = try records.isdp(aid)
    guard target.hasProfile else { throw StatusWordError(.conditionsOfUse) }
    try checkNoChangePends(records)
    if var former = records.fallback {
      former.hasFallbackAttribute = false
      records.write(former)
      if former.number == target.number { target = former }
    }
    target.hasFallbackAttribute = true
    records.write(target)
  }

  /// Until the SM-SR has confirmed a change, the card may have to take it back: nothing else is changed before.
  private func checkNoChangePends(_ records: CardRecords) throws(StatusWordError) {
    guard records.pending?.former == nil else { throw StatusWordError(.conditionsOfUse) }
  }

  // MARK: Steps

  /// Makes `target` the enabled profile, and `event` what the SM-SR is told once there is a network.
  func change(
    to target: ISDPRecord, from former: ISDPRecord?, telling event: EUICCNotification.Event, in exchange: Exchange
  ) {
    let records = CardRecords(exchange.memory)
    if var former {
      former.state = .disabled
      records.write(former)
    }
    var target = target
    target.state = .enabled
    records.write(target)
    records.pending = PendingNotification(
      event, sequenceNumber: records.takeSequenceNumber(), former: event == .profileChangeFailed ? nil : former?.number)
    watch = NetworkWatch()
    exchange.show(target.area)
    exchange.push(.refresh(.uiccReset))
  }

  func remove(_ isdp: ISDPRecord, in exchange: Exchange) {
    if let area = isdp.area { exchange.delete(area) }
    CardRecords(exchange.memory).remove(isdp)
    if loading?.aid == isdp.aid { loading = nil }
    if personalised == isdp.aid { personalised = nil }
    if presented?.domain == isdp.aid { presented = nil }
  }
}
