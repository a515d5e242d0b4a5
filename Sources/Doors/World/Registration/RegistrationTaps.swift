import APDU
import HandsetRegistration
import TLV
import Transport

/// A message's name in the document's steps.
enum MessageName {
  static func of(_ message: [UInt8]) -> String {
    guard let tag = TLVReader(message).nextTag else { return "nothing" }
    if tag == RegistrationRefused.tag {
      let refusal = (try? RegistrationRefused(encoded: message))?.refusal
      return "refused: \(refusal.map { "\($0)" } ?? "?")"
    }
    return names[tag] ?? "\(tag)"
  }

  private static let names: [TLVTag: String] = [
    RegistrationStart.tag: "(f) registration start: RDM", RegistrationStarted.tag: "(g) E(KD_C, RDM)",
    NumberRequest.requestTag: "(m) telephone number request", NumberOffered.tag: "(o) E(KE_MSN, DN)",
    InformationRequest.requestTag: "(r) personal information request",
    TerminalRequest.requestTag: "dealer number, E(KE_C, KE_A)",
    PermitRequest.requestTag: "E(KE_C, KE_A), E(KE_C, ID_A)",
    PermitGranted.tag: "write permit", PasswordRequest.requestTag: "password request",
    PasswordDelivered.tag: "PWD, sealed",
    InformationDelivered.tag: "(t) E(KE, E(KD_C, ID)), E(KD_C, KE_MSN)", ReceiptDelivery.tag: "receipt",
    RegistrationCompleted.tag: "completed",
  ]
}

/// The line to a module, which tells the commands that pass.
final class ModuleTap: CardLink {
  private let card: any CardLink
  private let direction: String
  private let note: (String) -> Void

  init(_ card: any CardLink, _ direction: String, note: @escaping (String) -> Void) {
    (self.card, self.direction, self.note) = (card, direction, note)
  }

  func transmit(_ command: Command) throws(LinkError) -> Response {
    let response = try card.transmit(command)
    if let named = ModuleCommand.allCases.first(where: { $0.instruction == command.ins }), !command.isChained {
      note("\(direction)  command \(named.rawValue): \(response.status)")
    }
    return response
  }

  func reset() throws(LinkError) -> [UInt8] { try card.reset() }
  func sleep() { card.sleep() }
}
