import Bytes
import Identifiers
import OfflineCard
import SecureMessages
import TLV

extension CardDialogue {
  /// Lets the card compare Nc'. What comes back is the second OK notice: the card's signature that the PIN was right, over
  /// this terminal, its new R, the card's X and the limit.
  public func begin(
    _ service: ServiceKind, pin: PIN, limit: Amount, at now: Instant, random: any RandomSource
  ) throws(CardProblem) -> Signed<UsageRecord> {
    // Its limits and this terminal's tariff must count the same.
    guard card.limits.currency == identity.scheme.currency else { throw .otherCurrency(card.limits.currency) }
    let request = BeginService(pin: pin, r: Challenge(random: random), service: service, at: now, limit: limit)
    let signed = try record(in: send(.beginService, request.encoded))
    let record = signed.claimedBody
    guard record.step == 0, record.terminal == identity.number, record.r == request.r, record.service == service,
      record.begun == now, record.limit <= limit, record.currency == card.limits.currency
    else { throw .notAuthentic("it signed something else than was asked") }
    return signed
  }

  /// Lets the card sign what the service begun with `former` has cost up to now, or finally.
  public func step(
    after former: UsageRecord, amount: Amount, at now: Instant, isEnd: Bool
  ) throws(CardProblem) -> Signed<UsageRecord> {
    let step = ServiceStep(amount: amount, at: now)
    let signed = try record(in: send(isEnd ? .endService : .continueService, step.encoded))
    guard signed.claimedBody == former.next(amount: amount, at: now, isEnd: isEnd) else {
      throw .notAuthentic("it signed something else than was asked")
    }
    return signed
  }

  private func record(in answer: [UInt8]) throws(CardProblem) -> Signed<UsageRecord> {
    guard let signed = try? Signed<UsageRecord>(encoded: answer), (try? signed.verified(from: card)) != nil else {
      throw .notAuthentic("its record is not signed by it")
    }
    return signed
  }
}
