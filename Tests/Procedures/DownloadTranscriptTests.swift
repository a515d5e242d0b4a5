import Foundation
import Testing
import World

@Suite("SGP.22 §3.1: a procedure's transcript reads as its sequence diagram") struct DownloadTranscriptTests {
  @Test("order, common mutual authentication, download, installation, enabling and notifications")
  func download() throws {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("ProfileDownload.transcript")
    let story = try DownloadStory()
    _ = try story.play()
    let transcript = story.simulation.transcript
    if ProcessInfo.processInfo.environment["SIMURGH_TRANSCRIPTS"] == "write" {
      try transcript.write(to: file, atomically: true, encoding: .utf8)
    }
    let wanted = try String(contentsOf: file, encoding: .utf8)
    #expect(
      transcript == wanted, "If the new order of steps is meant, SIMURGH_TRANSCRIPTS=write writes it down.")
  }
}
