import APDU
import OfflineCard
import SecureElement
import SecureMessages
import TLV

/// B3 (Figs 5 and 7): the PIN is compared here, and what the service costs is signed here.
extension PaymentCard {
  /// Compares Nc' with Nc, and only on a match signs the beginning of a service: the second OK notice, with X and
  /// SU(R‖X) in it. A try is spent, durably, before anything is compared.
  func beginService(
    _ data: [UInt8], _ link: inout OpenLink, in exchange: Exchange
  ) throws(StatusWordError) -> [UInt8] {
    guard case .idle = link.stage else { throw StatusWordError(.conditionsOfUse) }
    guard let request = try? BeginService(encoded: data) else { throw StatusWordError(.wrongData) }
    let contents = CardContents(exchange, vault)
    let identity = try identity(in: contents)
    try check(request.pin, contents)

    let (limits, outstanding) = (identity.body.limits, contents.outstanding)
    let limit = min(request.limit, limits.perService, limits.outstanding - outstanding.amount)
    let number = contents.lastService + 1
    let waited: Duration = .milliseconds(request.at.milliseconds - (outstanding.since ?? request.at).milliseconds)
    guard limit > .zero, outstanding.services < limits.services, waited <= .seconds(limits.days * 86_400),
      number <= Int32.max
    else { throw StatusWordError(.limitReached) }
    let record = UsageRecord(
      number: number, registration: identity.body.registration, terminal: link.terminal.terminal, r: request.r,
      x: Challenge(random: exchange.random), service: request.service, begun: request.at, limit: limit,
      currency: limits.currency)
    return try keep(record, identity, contents, &link)
  }

  /// Signs what the service has cost so far.
  func continueService(
    _ data: [UInt8], _ link: inout OpenLink, in exchange: Exchange
  ) throws(StatusWordError) -> [UInt8] {
    try step(data, isEnd: false, &link, exchange)
  }

  /// Signs what the service has cost; nothing can be added to it afterwards.
  func endService(_ data: [UInt8], _ link: inout OpenLink, in exchange: Exchange) throws(StatusWordError) -> [UInt8] {
    try step(data, isEnd: true, &link, exchange)
  }

  private func step(
    _ data: [UInt8], isEnd: Bool, _ link: inout OpenLink, _ exchange: Exchange
  ) throws(StatusWordError) -> [UInt8] {
    guard case .serving(let former) = link.stage else { throw StatusWordError(.conditionsOfUse) }
    guard let request = try? ServiceStep(encoded: data),
      let record = former.next(amount: request.amount, at: request.at, isEnd: isEnd)
    else { throw StatusWordError(.wrongData) }
    let contents = CardContents(exchange, vault)
    return try keep(record, identity(in: contents), contents, &link)
  }

  private func check(_ pin: PIN, _ contents: CardContents) throws(StatusWordError) {
    guard contents.counters.pinTries > 0 else { throw StatusWordError(.blocked) }
    contents.counters.pinTries -= 1
    try contents.commit()
    guard try contents.isPIN(pin) else {
      throw StatusWordError(.verificationFailed(tries: Int(contents.counters.pinTries)))
    }
    contents.counters.pinTries = CardContents.mostTries
  }

  /// Signs a record and keeps it; it is durable before the terminal hears of it.
  private func keep(
    _ record: UsageRecord, _ identity: CardIdentity, _ contents: CardContents, _ link: inout OpenLink
  ) throws(StatusWordError) -> [UInt8] {
    guard let signed = try? Signed(record, by: identity.holder, term: record.term) else {
      throw StatusWordError(.technicalProblem)
    }
    contents.write(signed)
    link.stage = record.isEnd ? .idle : .serving(record)
    return signed.encoded
  }
}
