import Foundation
import TestPrograms
import Testing

/// The protocols of systems B and D as Promela models, searched whole by SPIN: with the rules as they are no state breaks
/// a property, and with any one rule taken away SPIN finds how.
///
/// One search after the other: each holds its states in memory.
@Suite(
  "B, D: models of the protocols", .serialized,
  .enabled(if: Spin.isInstalled, "spin or gcc is missing: apt-get install spin gcc"))
struct ModelTests {
  @Test("no order of messages, losses, repetitions and power cuts breaks a property", arguments: Spin.models)
  func holds(model: String) async throws { #expect(try await Spin(model).search() == .nothingFound) }

  @Test("what each model is about does happen in it", arguments: Spin.models)
  func reached(model: String) async throws { #expect(try await Spin(model).search("REACHED") == .violated) }

  @Test(
    "usage upload: without any one of its rules a service is lost or billed twice",
    arguments: [
      "RENUMBERED", "REBUILT", "FORGOTTEN_WHEN_SENT", "ANY_RECEIPT", "REPETITION_TAKEN", "RECEIPT_FIRST",
    ])
  func upload(mutant: String) async throws {
    #expect(try await Spin("UsageUpload").search("MUTANT_\(mutant)") == .violated)
  }

  @Test(
    "PIN and service: without any one of its rules tries come back, a relay passes, or a unit is not billed",
    arguments: [
      "COMPARED_FIRST", "ANY_NONCE", "UNSIGNED_OK", "GIVEN_FIRST", "LOGGED_LATER",
    ])
  func service(mutant: String) async throws {
    #expect(try await Spin("PINAndService").search("MUTANT_\(mutant)") == .violated)
  }

  @Test(
    "moving a profile: without any one of its rules both devices authenticate, or none",
    arguments: [
      "COMMITTED_FIRST", "REMOVED_FIRST", "CANCELLED_WHILE_UNKNOWN", "ANY_RESULT", "ANY_COMMIT", "UNNAMED",
    ])
  func move(mutant: String) async throws {
    #expect(try await Spin("ProfileMove").search("MUTANT_\(mutant)") == .violated)
  }

  @Test("every mutant that a model has is tried here") func complete() throws {
    for (model, count) in zip(Spin.models, [6, 5, 6]) {
      let text = try String(contentsOf: Spin.folder.appendingPathComponent("\(model).pml"), encoding: .utf8)
      let named = Set(text.matches(of: try Regex("MUTANT_[A-Z_]+")).map { String(text[$0.range]) })
      #expect(named.count == count, "\(model): \(named.sorted())")
    }
  }
}

/// SPIN on one model: it writes a searcher in C, which gcc builds.
private struct Spin {
  static let models = ["UsageUpload", "PINAndService", "ProfileMove"]
  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
  static let isInstalled = ["spin", "gcc"].allSatisfy { FileManager.default.isExecutableFile(atPath: "/usr/bin/\($0)") }

  enum Outcome { case nothingFound, violated }

  struct Failure: Error, CustomStringConvertible { let description: String }

  let model: String

  init(_ model: String) { self.model = model }

  /// Searches every state there is; with `definition` defined in the model.
  func search(_ definition: String? = nil) async throws -> Outcome {
    let place = try ProgramFolder()
    let file = Self.folder.appendingPathComponent("\(model).pml").path
    _ = try await run(["spin"] + (definition.map { ["-D\($0)"] } ?? []) + ["-a", file], in: place)
    _ = try await run(["gcc", "-O1", "-DSAFETY", "-w", "-o", "pan", "pan.c"], in: place)
    // -E: that somebody waits for ever on a line that loses everything is no violation.
    let report = try await run(["./pan", "-E", "-m200000"], in: place)
    // A search that was cut short says nothing.
    guard !report.contains("search depth too small"), !report.contains("out of memory") else {
      throw Failure(description: report)
    }
    if report.contains("errors: 0") { return .nothingFound }
    guard report.contains("assertion violated") else { throw Failure(description: report) }
    return .violated
  }

  private func run(_ command: [String], in place: ProgramFolder) async throws -> String {
    let result = try await place.run(command)
    guard result.status == 0 else { throw Failure(description: "\(command[0]): \(result.text)") }
    return result.text
  }
}
