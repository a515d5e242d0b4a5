import CustomerManagement
import HandsetRegistration
import Identifiers
import Keys
import RegistrationDevice
import Synchronization
import World

/// A credit company that says what it was told to.
final class ToldCompany: CreditCompany {
  private let said = Mutex<[String: CreditAnswer]>([:])
  func say(_ answer: CreditAnswer, about number: String) { said.withLock { $0[number] = answer } }
  func answer(about card: CreditCardNumber) -> CreditAnswer {
    let digits = String(decoding: card.digits.bytes, as: UTF8.self)
    return said.withLock { $0[digits] } ?? .approved(limit: 1)
  }
}

/// Refuses the first numbers.
final class OfflineApplicant: Applicant {
  var refusals = 0
  private var shown = 0
  func application(for purpose: Purpose) -> (creditCard: String, services: [String]) {
    ("4111111111111111", ["call-waiting"])
  }
  func accepts(_ number: String) -> Bool {
    shown += 1
    return shown > refusals
  }
}
