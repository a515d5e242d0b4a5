import Identifiers
import OfflineCard

/// The letter that tells a user the setting number; it goes another way than the card.
public struct Letter: Sendable {
  /// The scheme's name.
  public let scheme: String
  public let card: CardNumber
  /// Nt.
  public let registration: RegistrationNumber
  /// Ns.
  public let settingNumber: SettingNumber
  public let expiry: Instant

  /// The letter, ready to be printed. It holds the setting number in clear.
  public var text: String {
    """
    \(scheme)

    Your registration number is  \(registration)
    Your setting number is       \(String(decoding: settingNumber.digits.bytes, as: UTF8.self))

    Your card, number \(card), comes in another letter and holds until \(expiry.description.prefix(10)).
    Before you use it, put it into any terminal, press the button for PIN registration, dial both numbers, and
    choose a PIN of 4 to 8 digits. Keep the setting number where nobody finds it: who has it and your card can
    set another PIN. Three wrong setting numbers can make the card useless for good.

    """
  }
}
