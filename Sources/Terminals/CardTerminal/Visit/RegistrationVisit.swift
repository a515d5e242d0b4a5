import OfflineCard

/// Fig 4, from the button to the PIN.
extension Terminal {
  func register(_ dialogue: CardDialogue, _ person: any Person) throws -> Outcome {
    try dialogue.beginRegistration()
    try checkRegistrationNumber(dialogue, person)
    try checkSettingNumber(dialogue, person)
    for _ in 0..<Self.mostTries {
      guard let pin = try? PIN(try digits(person, .dialPIN)) else {
        person.see(.notANumber(wanted: "a PIN has 4 to 8 digits"))
        continue
      }
      try dialogue.register(pin)
      person.see(.pinRegistered)
      return .pinRegistered
    }
    throw Reason.tooManyTries
  }

  /// Paragraph 0011: the terminal compares what the user dials with the registration number that it received; "if they do
  /// not agree even after three times, it judges it misuse, returns the card and ends".
  private func checkRegistrationNumber(_ dialogue: CardDialogue, _ person: any Person) throws {
    for _ in 0..<Self.mostTries {
      if try digits(person, .dialRegistrationNumber) == dialogue.card.registration.text { return }
      person.see(.wrongNumber(triesLeft: nil))
    }
    throw try dialogue.reportMisuse() ? Reason.card(.unusable) : Reason.tooManyTries
  }

  /// Paragraph 0012: the card compares; here, a visit has three tries at most.
  private func checkSettingNumber(_ dialogue: CardDialogue, _ person: any Person) throws {
    for _ in 0..<Self.mostTries {
      guard let number = try? SettingNumber(try digits(person, .dialSettingNumber)) else {
        person.see(.notANumber(wanted: "a setting number has 8 digits"))
        continue
      }
      do { return try dialogue.check(number) } catch .mismatch(let left) {
        person.see(.wrongNumber(triesLeft: left))
      }
    }
    throw Reason.tooManyTries
  }

  private func digits(_ person: any Person, _ screen: Screen) throws -> String {
    guard case .digits(let digits) = person.answer(screen) else { throw Reason.left }
    return digits
  }
}
