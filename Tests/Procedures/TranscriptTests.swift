import Bytes
import Foundation
import HandsetRegistration
import Keys
import LPA
import MutualAgreement
import SGP22
import Testing
import World

/// The transcripts stand in Transcripts; SIMURGH_TRANSCRIPTS=write writes them anew.
@Suite("A procedure's transcript reads as its sequence diagram") struct TranscriptTests {
  @Test("§3.1: order, common mutual authentication, download, installation, enabling and notifications")
  func download() throws {
    let story = try DownloadStory()
    _ = try story.play()
    try compare(story.simulation.transcript, "ProfileDownload")
  }

  @Test("§3.1.1: an order that is confirmed, released afterwards, and told about") func order() throws {
    var plan = DownloadStory.Plan()
    plan.isReleasedLater = true
    try compare(play(plan), "DownloadOrder", of: ["Operator", "ES2+"])
  }

  @Test("§3.6: the SM-DP+ registers an event, the device finds it at the SM-DS, and used up it is deleted")
  func discovery() throws {
    var plan = DownloadStory.Plan()
    plan.isDiscovered = true
    let story = try DownloadStory(plan)
    #expect(try story.play().order == .enabled)
    try compare(story.simulation.transcript, "EventRetrieval")
  }

  @Test("§3.0.2: the person does not want the profile: the eUICC signs it, the SM-DP+ ends the order")
  func rejection() throws {
    var plan = DownloadStory.Plan()
    plan.decisions = [.reject]
    let story = try DownloadStory(plan)
    #expect(try story.play().order == .error)
    try compare(story.simulation.transcript, "SessionCancellation")
  }

  @Test("§3.1.3.3: a wrong confirmation code, and the right one in a session of its own") func confirmationCode() throws
  {
    var plan = DownloadStory.Plan()
    plan.confirmationCode = "1234"
    plan.decisions = ["0000", "9999"].map { .accept(confirmationCode: Secret(Array($0.utf8))) }
    let story = try DownloadStory(plan)
    #expect(try story.play().order == .enabled)
    try compare(story.simulation.transcript, "ConfirmationCode")
  }

  @Test("§5.7.5: a device that died while it loaded the package tries again: bound once, with the same one-time key")
  func sameKey() throws {
    let story = try DownloadStory(DownloadStory.Plan(), fault: .handset(write: 2, .after))
    #expect(try story.play().order == .enabled)
    try compare(story.simulation.transcript, "ResumedDownload")
  }

  @Test("§3.0.2, §5.7.5: a package that never came: the session is given up, and the next has a new one-time key")
  func newKey() throws {
    var plan = DownloadStory.Plan()
    plan.unheard = (ES9Plus.GetBoundProfilePackage.path, 4)
    let story = try DownloadStory(plan)
    #expect(try story.play().order == .enabled)
    try compare(story.simulation.transcript, "RepeatedDownload")
  }

  @Test("§3.2.1, §3.2.2, §3.5: disabled and enabled again, with a notification of each") func profileState() throws {
    let story = try DownloadStory()
    _ = try story.play()
    let before = story.simulation.transcript
    try story.goOn(.disable)
    try story.goOn(.use)
    try compare(String(story.simulation.transcript.dropFirst(before.count)), "ProfileState")
  }

  @Test("§3.3.2: a memory reset deletes the profile, and the SM-DP+ hears of it") func memoryReset() throws {
    let story = try DownloadStory()
    _ = try story.play()
    let before = story.simulation.transcript
    try story.goOn(.reset)
    try compare(String(story.simulation.transcript.dropFirst(before.count)), "EuiccMemoryReset")
  }

  @Test(
    "C2 (21–24) and C3 (31–34): wish, SAR and SA, errand, report",
    arguments: [
      (AgreementWay.throughIssuer, "StoringThroughIssuer"), (.throughProvider, "StoringThroughProvider"),
    ]) func storing(_ way: AgreementWay, _ name: String) throws
  {
    let story = try AgreementStory(way, random: SeededRandomSource(seed: [1]))
    story.world.net.clear()
    #expect(story.want(.store, 1))
    try story.world.deliver()
    #expect(try story.disagreement() == nil)
    try compare(story.world.net.transcript, name)
  }

  @Test("B, Figs 4 to 7 and 1: PIN registration, service, upload and clearance") func paymentCard() throws {
    let story = try PaymentStory()
    try story.playOnce()
    try compare(story.simulation.transcript, "PaymentCard")
  }

  @Test(
    "D2, 505 to 575: code, consents, keys prepared, new profile ordered and installed, keys changed, the old deleted")
  func profileMove() throws {
    let story = try MoveStory()
    #expect(try story.play().state == .moved)
    let lines = story.simulation.transcript.split(separator: "\n")
    let begin = lines.firstIndex { $0.hasPrefix(" Moves: ") || $0.hasPrefix("Moves: ") } ?? lines.endIndex
    try compare(lines[begin...].map { "\($0)\n" }.joined(), "ProfileMove")
  }

  private func play(_ plan: DownloadStory.Plan) throws -> String {
    let story = try DownloadStory(plan)
    #expect(try story.play().order == .enabled)
    return story.simulation.transcript
  }

  @Test("EP 0 652 681, Figs 7, 8 (A1): a new handset on line, from RDM to the receipt") func registration() throws {
    let story = try RegistrationStory()
    #expect(try story.play() == 1)
    let lines = story.simulation.transcript.split(separator: "\n")
    let end = lines.firstIndex { $0.hasPrefix("customer: new done") } ?? lines.endIndex
    try compare(lines[..<end].map { "\($0)\n" }.joined(), "NewRegistration")
  }

  @Test(
    "EP 0 652 681, Figs 9 to 14 (A2 to A4): repair, services, credit card; Figs 29 to 44 (A6): the same with a card",
    arguments: [
      (false, Purpose.repair, "Repair"), (false, .services, "ServiceChange"), (false, .creditCard, "CreditCardChange"),
      (true, .new, "NewCard"), (true, .repair, "CardUpdate"), (true, .services, "CardServiceChange"),
      (true, .creditCard, "CardCreditCardChange"),
    ])
  func changes(hasCard: Bool, purpose: Purpose, name: String) throws {
    let story = try RegistrationStory(withCard: hasCard, changes: purpose == .new ? [] : [purpose])
    #expect(try story.play() == 1)
    let lines = story.simulation.transcript.split(separator: "\n")
    let ends = lines.indices.filter { lines[$0].hasPrefix("customer: ") && lines[$0].hasSuffix(" done") }
    // What comes before the last wish is fulfilled, and after the one before.
    let end = try #require(ends.last)
    let start = ends.count > 1 ? ends[ends.count - 2] + 1 : 0
    try compare(lines[start..<end].map { "\($0)\n" }.joined(), name)
  }

  /// Compares the lines with one of `words`, or all, with the transcript called `name`.
  private func compare(_ transcript: String, _ name: String, of words: [String] = [""]) throws {
    let transcript = transcript.split(separator: "\n", omittingEmptySubsequences: true)
      .filter { line in words.contains { $0.isEmpty || line.contains($0) } }.map { "\($0)\n" }.joined()
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("Transcripts/\(name).transcript")
    if ProcessInfo.processInfo.environment["SIMURGH_TRANSCRIPTS"] == "write" {
      try transcript.write(to: file, atomically: true, encoding: .utf8)
    }
    let wanted = try String(contentsOf: file, encoding: .utf8)
    #expect(transcript == wanted, "If the new order of steps is meant, SIMURGH_TRANSCRIPTS=write writes it down.")
  }
}
