import Bytes
import CustomerManagement
import Foundation
import Handset
import HandsetRegistration
import Identifiers
import Keys
import RegistrationDevice
import SecureElement
import SecureMessages
import StoreSQLite
import Transport
import TransportCard
import World

/// `simurgh lab handset`: the life of a handset (EP 0 652 681), from the carrier's key to a clone that is refused.
struct HandsetStory {
  private let story: Story
  private let world: RegistrationWorld
  private let random = SystemRandomSource.shared

  init(_ story: Story) throws {
    self.story = story
    world = try LaboratoryShop.makeWorld(numbers: 100)
  }

  func play() async throws {
    try await story.step(
      "consortium key", detail: { (statement: Signed<CarrierKey>) in "vouches for \(statement.claimedBody.carrier)" }
    ) { try Signed<CarrierKey>(encoded: world.factory.signatureData) }
    let module = try await story.step("module factory", detail: { _ in "a sealed module with PWD and KE_COB" }) {
      InProcessCard(try world.makeModule(.handset))
    }
    try await story.step("handset factory", detail: { "KE_C of \(world.carrier.party) by the module writer" }) {
      try world.equip(module)
    }
    let handset = try world.makeHandset(module: module)
    try await story.step("power on", detail: { (_: Handset.State) in handset.display.joined(separator: "; ") }) {
      handset.powerOn()
    }
    let line = RecordedLine(world.line())
    let applicant = KeypadApplicant(creditCard: "4111 1111 1111 1111", services: ["call-waiting", "dial-lock"])
    let information = try await story.step(
      "dealer",
      detail: { (information: PublicInformation) in "\(information.number), IMSI \(information.imsi?.digits ?? "")" }
    ) { try handset.register(over: line, applicant: applicant) }
    try await attach("network attach", handset, succeeds: true)
    try await story.step("display", detail: { (text: String) in text }) { handset.display.joined(separator: "; ") }

    let repaired = try world.makeHandset()
    try await story.step(
      "repair", detail: { (new: PublicInformation) in "\(new.number) in module \(new.msi)" }
    ) { try repaired.register(.repair, number: information.number, over: world.line(), applicant: applicant) }
    try await attach("network attach", repaired, succeeds: true)
    try await attach("retired ID", handset, succeeds: false)
    try await clone(line, applicant)
    try await copy(of: repaired)
    try await OfflineDealerStory(story: story, world: world, applicant: applicant).play()
    try await CardAtDealerStory(story: story, world: world, applicant: applicant).play()
  }

  private func attach(_ name: String, _ handset: Handset, succeeds: Bool) async throws {
    try await story.step(name, detail: { succeeds ? "authenticated at the AuC" : "refused by the AuC" }) {
      guard try world.attaches(handset) == succeeds else {
        throw Complaint(.refused, "the network \(succeeds ? "refused" : "took") the handset")
      }
    }
  }

  /// The whole session, recorded and played into a blank unit of the same model.
  private func clone(_ line: RecordedLine, _ applicant: KeypadApplicant) async throws {
    try await story.step("clone by replay", detail: { (error: DeviceError) in "refused: \(error)" }) {
      let blank = try world.makeHandset()
      do { _ = try blank.register(over: line.replay, applicant: applicant) } catch let error as DeviceError {
        return error
      }
      throw Complaint(.refused, "a recorded session was taken")
    }
  }

  /// A handset of a model that nobody approved tries to read the module.
  private func copy(of handset: Handset) async throws {
    try await story.step("clone by reading", detail: { "refused: the model is not approved" }) {
      let key = PrivateKey(.p256, random: random)
      let thief = try handset.inAnotherBody(modelKey: key)
      thief.powerOn()
      guard !thief.transmits else { throw Complaint(.refused, "a foreign model read the ID") }
    }
  }
}

/// A line that keeps what passes.
private final class RecordedLine: RegistrationLine {
  private let line: any RegistrationLine
  private var answers: [UInt8: [UInt8]] = [:]

  init(_ line: any RegistrationLine) { self.line = line }

  func exchange(_ message: [UInt8]) throws -> [UInt8] {
    let answer = try line.exchange(message)
    if let tag = message.first { answers[tag] = answer }
    return answer
  }

  /// The carrier as the recording has it.
  var replay: any RegistrationLine { Replay(answers: answers) }

  private struct Replay: RegistrationLine {
    let answers: [UInt8: [UInt8]]
    func exchange(_ message: [UInt8]) throws -> [UInt8] {
      guard let tag = message.first, let answer = answers[tag] else {
        throw LinkError(.malformed, "the recording has no such message")
      }
      return answer
    }
  }
}

/// An applicant who takes the first number.
struct KeypadApplicant: Applicant {
  let creditCard: String
  let services: [String]
  func application(for purpose: Purpose) -> (creditCard: String, services: [String]) { (creditCard, services) }
  func accepts(_ number: String) -> Bool { true }
}
