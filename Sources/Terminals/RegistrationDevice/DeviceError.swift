import APDU
import HandsetRegistration

/// Why a device, a handset or a registration terminal, does not do what it was asked, in a sentence for its display.
public enum DeviceError: Error, Hashable, Sendable, CustomStringConvertible {
  /// No identity module answers.
  case noModule
  /// The identity module is of no maker that the device knows.
  case foreignModule
  /// The module refused a command with a status word.
  case module(ModuleCommand, StatusWord)
  /// What is to be written as a carrier's key has no word of the consortium that still holds.
  case foreignCarrier
  /// No carrier key of the module fits the carrier.
  case foreignNetwork
  /// The carrier refused.
  case refused(RegistrationRefusal)
  /// What the carrier or the module answered cannot be believed.
  case notAuthentic
  /// The applicant gave up.
  case givenUp
  /// What was keyed in is no credit card number.
  case creditCardNumber
  /// The device is not ready: it has read no ID.
  case notReady
  /// The selector stands at no carrier that the terminal has a module for.
  case notSelected
  /// The terminal has no write permit.
  case noPermit
  /// The card is of another network.
  case otherCard
  /// An off-line dealer's terminal registers new handsets, and changes nothing that the carrier has in its books.
  case withoutLine

  public var description: String {
    switch self {
    case .noModule: "no identity module answers: insert a card, or have the device repaired"
    case .foreignModule: "the identity module is of no maker that this device knows: take another"
    case .module(let command, let status): "the module refused \(command) with \(status)"
    case .foreignCarrier:
      "the consortium does not vouch for the carrier's key, or no longer: ask the carrier for another"
    case .foreignNetwork: "this handset cannot be used in this network"
    case .refused(let refusal): "\(refusal)"
    case .notAuthentic: "the answer is not the carrier's: nothing was written; begin again"
    case .givenUp: "the registration was given up"
    case .creditCardNumber: "this is no credit card number: key it in again"
    case .notReady: "this device is not registered"
    case .notSelected: "this terminal has no module for the carrier: turn the selector to another one"
    case .noPermit: "the terminal has no write permit: have it authenticated first"
    case .withoutLine: "this terminal has no line to the carrier: it registers new handsets alone"
    case .otherCard: "the card is of another network: it cannot be registered here"
    }
  }
}
