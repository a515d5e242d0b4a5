import ArgumentParser
import Foundation
import Identifiers

/// `simurgh lab`: all parties in one process, playing a story.
struct LabCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lab", abstract: "Play a story with every party in one process, then stay up for use.",
    discussion: """
      Without a story it plays the main job: an order becomes a working SIM. Certificates, store and card are kept in \
      DIR, so a later start is quick and goes on with what is there. `simurgh lab handset` plays the life of a handset \
      registered at a dealer, keeps nothing and ends. `simurgh lab card` plays the off-line payment card, from issue to \
      bill, and ends. `simurgh lab data` lets two issuers and two providers agree on what two cards hold, and ends. `simurgh lab move` \
      moves a profile to another device, with every party crashing at each of its writes, and ends. \
      `simurgh lab operator-change` provisions a device over short messages for one operator, then for another, and ends.

      Example: simurgh lab --once --json --dir lab
      """)

  enum StoryName: String, CaseIterable, ExpressibleByArgument {
    case main
    case handset
    case card
    case data
    case move
    case operatorChange = "operator-change"
  }

  @Argument(help: "The story.") var story = StoryName.main
  @OptionGroup var site: SiteOptions
  @Flag(help: "End after the story, with status 0 if every step went well.") var once = false
  @Flag(help: "Print the steps as JSON.") var json = false

  func run() async throws {
    try await Complaint.reporting {
      if story == .card { return try await play("lab card") { try await LabCard(site: site.site, story: $0).play() } }
      if story == .data { return try await play("lab data") { try await DataStory(site: site.site, story: $0).play() } }
      if story == .operatorChange {
        return try await play("lab operator-change") { try await OperatorChangeStory($0).play() }
      }
      if story == .move { return try await play("lab move") { try await ProfileMoveStory($0).play() } }
      if story == .handset { return try await play("lab handset") { try await HandsetStory($0).play() } }
      let told = Story("lab", quiet: json)
      let laboratory = Laboratory(site: site.site, story: told)
      do {
        try await laboratory.start()
        try await laboratory.playMainJob()
        if !once { try await laboratory.offerMore() }
      } catch {
        // The step has been told; the last line says how many went well.
        if told.failed == 0 { throw error }
      }
      if json { try Output.json(told.steps) } else { print(told.closingLine) }
      if !once, told.failed == 0 {
        told.say(laboratory.invitation)
        fflush(nil)
        await Interruption.wait()
      }
      await laboratory.stop()
      if told.failed > 0 { throw ExitCode.failure }
    }
  }

  /// Plays a story that leaves nothing running, and ends with it.
  private func play(_ title: String, _ body: (Story) async throws -> Void) async throws {
    let told = Story(title, quiet: json)
    do { try await body(told) } catch { if told.failed == 0 { throw error } }
    if json { try Output.json(told.steps) } else { print(told.closingLine) }
    if told.failed > 0 { throw ExitCode.failure }
  }
}
