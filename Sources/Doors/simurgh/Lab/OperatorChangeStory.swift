import Identifiers
import World

/// `simurgh lab operator-change`: a device that nobody stands before gets an operational profile over short messages, and
/// then the profile of a second operator.
struct OperatorChangeStory {
  private let story: Story
  private let world: ProvisioningStory

  init(_ story: Story) throws { (self.story, world) = (story, try ProvisioningStory()) }

  func play() async throws {
    try await story.step("eUICC maker", detail: { "EID \($0.eid), registered with the SM-SR (ES1)" }) { world.device }
    try await story.step(
      "device", detail: { (part: ProvisioningStory.Part) in "the bootstrap profile has a network; \(said(part))" }
    ) {
      try world.begin()
    }
    try await provision(0, "first operator")
    try await provision(1, "second operator")
    try await story.step(
      "books", detail: { (count: Int) in "the SM-SR's \(count) profiles are the eUICC's, one enabled" }
    ) {
      guard try world.booksAgree() else { throw Complaint(.refused, "the SM-SR's books are not what the eUICC has") }
      return try world.books().count
    }
    try await story.step("what the SM-SR saw", detail: { _ in "no piece of a profile" }) {
      guard try world.isUnreadable() else { throw Complaint(.refused, "the SM-SR could read a profile") }
    }
  }

  private func provision(_ number: Int, _ name: String) async throws {
    try await story.step(
      name,
      detail: { (part: ProvisioningStory.Part) in
        "eUICC verified, profile downloaded through the SM-SR and enabled; \(said(part))"
      }
    ) { try world.provision(number) }
    try await story.step(
      "network attach", detail: { (imsi: String) in "IMSI \(imsi), authenticated at its operator's AuC" }
    ) {
      guard let imsi = world.device.subscriber else { throw Complaint(.refused, "no network lets the device in") }
      return imsi.digits
    }
  }

  private func said(_ part: ProvisioningStory.Part) -> String {
    "\(part.messages) short messages, \(part.bytes) bytes"
  }
}
