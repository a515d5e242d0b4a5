import Bytes
import Handset
import HandsetRegistration
import Identifiers
import Keys
import RegistrationDevice
import RegistrationTerminal
import StoreSQLite
import TransportCard
import World

/// The card's part of `simurgh lab handset`: a registration terminal, and a card that moves between handsets.
struct CardAtDealerStory {
  let story: Story
  let world: RegistrationWorld
  let applicant: KeypadApplicant

  func play() async throws {
    let terminal = try await story.step(
      "registration terminal",
      detail: { (terminal: RegistrationTerminal.Terminal) in terminal.display.joined(separator: ", ") }
    ) {
      let terminal = try world.makeRegistrationTerminal(store: SQLiteStore.inMemory())
      try terminal.register(dealer: RegistrationWorld.dealer, over: world.line())
      return terminal
    }
    try await story.step("authentication", detail: { terminal.display.joined(separator: ", ") }) {
      try terminal.authenticate(over: world.line())
    }
    let card = try world.makeCard()
    try await story.step("new card", detail: { terminal.display.joined(separator: ", ") }) {
      _ = try terminal.register(card: card, over: world.line(), applicant: applicant)
    }
    try await story.step("second card", detail: { (error: DeviceError) in "refused: \(error)" }) {
      do {
        try terminal.register(card: world.makeCard(), over: world.line(), applicant: applicant)
      } catch let error as DeviceError { return error }
      throw Complaint(.refused, "a permit served twice")
    }
    try await story.step("card in a handset", detail: { "authenticated at the AuC" }) {
      let handset = try world.makeHandset(module: card)
      handset.powerOn()
      guard try world.attaches(handset) else { throw Complaint(.refused, "the network refused the card") }
    }
  }
}
