import HandsetRegistration

/// Who stands at the keypad, and reads the display.
public protocol Applicant {
  /// The menu: credit card number and additional services.
  func application(for purpose: Purpose) throws -> (creditCard: String, services: [String])
  /// Whether the number offered is wanted.
  func accepts(_ number: String) throws -> Bool
}
