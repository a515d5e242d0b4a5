import Identifiers
import OfflineCard
import SecureMessages

/// Figs 5 and 7, from the PIN to the log.
extension Terminal {
  /// Begins a service with the user's PIN and carries it through. Each record is durable here before what it pays for is
  /// given; when the card is pulled early, or power goes, the last one signed is what is billed.
  func serve(
    _ dialogue: CardDialogue, pin: PIN, _ person: any Person, _ service: any ServiceProvider, _ limit: Amount
  ) throws -> Outcome {
    var record = try dialogue.begin(service.kind, pin: pin, limit: limit, at: time(), random: random)
    try keep(record, dialogue)
    person.see(.serviceReady(limit: money(record.claimedBody.limit)))
    do {
      if service.choose(limit: record.claimedBody.limit) {
        while let charge = service.nextCharge() {
          record = try step(dialogue, record, charge, isEnd: false)
          service.paid()
          person.see(.cost(money(charge)))
        }
      }
      record = try step(dialogue, record, record.claimedBody.amount, isEnd: true)
    } catch let problem as CardProblem {
      person.see(.cardReturned("\(problem)."))
      return .served(record.claimedBody)
    }
    person.see(.ended(money(record.claimedBody.amount)))
    return .served(record.claimedBody)
  }

  private func money(_ amount: Amount) -> Money { Money(amount, identity.scheme.currency) }

  private func step(
    _ dialogue: CardDialogue, _ former: Signed<UsageRecord>, _ amount: Amount, isEnd: Bool
  ) throws -> Signed<UsageRecord> {
    // A calendar that was set back by the centre in between does not make a record of the past.
    let now = max(try time(), former.claimedBody.at)
    let record = try dialogue.step(after: former.claimedBody, amount: amount, at: now, isEnd: isEnd)
    try keep(record, dialogue)
    return record
  }

  private func keep(_ record: Signed<UsageRecord>, _ dialogue: CardDialogue) throws {
    try memory.keep(record, of: dialogue.certificate, clock: clock())
  }

  /// What the calendar says.
  private func time() throws -> Instant {
    let calendar = try memory.calendar()
    do throws(TerminalCalendar.Problem) { return try calendar.time(clock: clock()) } catch {
      throw OutOfService.calendar(error)
    }
  }
}
