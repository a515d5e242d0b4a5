import OfflineCard
import SecureMessages
import TLV

extension CardDialogue {
  /// Tells the card that a PIN is to be registered.
  public func beginRegistration() throws(CardProblem) { try send(.beginRegistration) }

  /// Lets the card compare Ns'; no problem is the first OK notice.
  public func check(_ number: SettingNumber) throws(CardProblem) {
    var writer = TLVWriter()
    writer.write(.octetString, number)
    try send(.checkSettingNumber, writer.bytes)
  }

  /// Signs ST(R‖X‖Nc) and lets the card keep Nc.
  public func register(_ pin: PIN) throws(CardProblem) {
    guard let receiver = try? card.card.party,
      let signed = try? Signed(PINRegistration(r: r, pin: pin), by: identity.holder, to: receiver, answering: x)
    else { throw .notAuthentic("the terminal's key does not sign") }
    try send(.setPIN, signed.encoded)
  }

  /// Tells the card that its user does not know the registration number; returns whether the card has made itself
  /// unusable for good, as its issuer may have wanted.
  public func reportMisuse() throws(CardProblem) -> Bool {
    do {
      try send(.makeUnusable)
      return false
    } catch .unusable { return true } catch .refused { return false }
  }
}
