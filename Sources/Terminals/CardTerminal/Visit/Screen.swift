import OfflineCard

/// What the display shows. Those of the founding document stand in its own words beside ours.
public enum Screen: Hashable, Sendable {
  /// “暗証番号の入力” (paragraph 0011): a PIN may be entered, or its registration chosen.
  case enterPIN
  /// “登録番号をダイヤルしてください”
  case dialRegistrationNumber
  /// “設定番号をダイヤルしてください”
  case dialSettingNumber
  /// “暗証番号をダイヤルしてください”
  case dialPIN
  /// The number was wrong; so many tries are left, where that is known.
  case wrongNumber(triesLeft: Int?)
  /// What was entered is no number of its kind; nothing was tried.
  case notANumber(wanted: String)
  case pinRegistered
  /// The service can be used, up to an amount.
  case serviceReady(limit: Money)
  /// What the service has cost so far.
  case cost(Money)
  /// The service has ended and cost so much.
  case ended(Money)
  /// The card is given back, and why.
  case cardReturned(String)

  /// The words in English.
  public var text: String {
    switch self {
    case .enterPIN: "Enter your PIN, or press * to register one."
    case .dialRegistrationNumber: "Please dial your registration number."
    case .dialSettingNumber: "Please dial your setting number."
    case .dialPIN: "Please dial the PIN that you choose."
    case .wrongNumber(let tries): "The number is wrong." + (tries.map { " \($0) tries are left." } ?? "")
    case .notANumber(let wanted): "That is not possible: \(wanted)."
    case .pinRegistered: "Your PIN is registered."
    case .serviceReady(let limit): "You may use the service, up to \(limit)."
    case .cost(let amount): "\(amount)"
    case .ended(let amount): "The service has ended: \(amount)."
    case .cardReturned(let reason): "Please take your card. \(reason)"
    }
  }

  /// The document's own words, for the screens that it has.
  public var japaneseText: String? {
    switch self {
    case .enterPIN: "暗証番号を入力してください"
    case .dialRegistrationNumber: "登録番号をダイヤルしてください"
    case .dialSettingNumber: "設定番号をダイヤルしてください"
    case .dialPIN: "暗証番号をダイヤルしてください"
    default: nil
    }
  }
}

/// What a person does at the keys.
public enum Entry: Hashable, Sendable {
  /// Dials digits.
  case digits(String)
  /// Presses the button for PIN registration.
  case register
  /// Takes the card away, or hangs up.
  case leave
}

/// Whoever stands before the terminal.
public protocol Person: AnyObject {
  /// Sees a screen.
  func see(_ screen: Screen)
  /// Sees a screen that asks for something, and answers.
  func answer(_ screen: Screen) -> Entry
}
