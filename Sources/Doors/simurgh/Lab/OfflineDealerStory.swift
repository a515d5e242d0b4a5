import CarrierTerminal
import DealerTerminal
import Handset
import HandsetRegistration
import RegistrationDevice
import World

/// The off-line part of `simurgh lab handset`: a dealer without a line sells out of a batch of IDs.
struct OfflineDealerStory {
  let story: Story
  let world: RegistrationWorld
  let applicant: KeypadApplicant

  func play() async throws {
    let terminal = try OfflineTerminal(module: world.makeBatchModule())
    let batch = try await story.step("off-line batch", detail: { "batch \($0): 3 IDs in the carrier's module" }) {
      try world.supply(3, to: terminal)
    }
    let handset = try world.makeHandset()
    try await story.step(
      "off-line dealer", detail: { (information: PublicInformation) in "\(information.number), signed in the shop" }
    ) { try handset.registerOffline(over: terminal, applicant: applicant) }
    try await attach(handset, succeeds: false)
    try await story.step(
      "reconciliation",
      detail: { (result: BatchReconciliation) in
        "\(result.confirmed.count) of 3 registered, the others come back, the batch is closed"
      }
    ) {
      let result = try world.reconcile(batch, at: terminal, recalls: true)
      guard result.isClosed, result.confirmed.count == 1, result.differences.isEmpty else {
        throw Complaint(.refused, "log and books do not agree: \(result.differences)")
      }
      return result
    }
    try await attach(handset, succeeds: true)
    try await story.step("recalled batch", detail: { (error: DeviceError) in "refused: \(error)" }) {
      do {
        _ = try world.makeHandset().registerOffline(over: terminal, applicant: applicant)
      } catch let error as DeviceError { return error }
      throw Complaint(.refused, "a recalled batch gave an ID")
    }
  }

  private func attach(_ handset: Handset, succeeds: Bool) async throws {
    try await story.step(
      "network attach", detail: { succeeds ? "authenticated at the AuC" : "refused by the AuC: not reconciled yet" }
    ) {
      guard try world.attaches(handset) == succeeds else {
        throw Complaint(.refused, "the network \(succeeds ? "refused" : "took") the handset")
      }
    }
  }
}
