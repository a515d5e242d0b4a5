import Foundation
import FuzzTargets
import Keys
import Testing

@Suite("Fuzzing: finds stay mended") struct ReplayTests {
  private static let corpus = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Fuzz/corpus")

  @Test("every kept input is taken or refused without a trap", arguments: FuzzTarget.all.map(\.name))
  func replay(name: String) throws {
    let target = try #require(FuzzTarget.all.first { $0.name == name })
    let folder = Self.corpus.appendingPathComponent(name)
    let files = (try? FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)) ?? []
    #expect(!files.isEmpty, "\(folder.path) has no inputs; scripts/fuzz-seeds makes those to begin with")
    for file in files { target.feed(Array(try Data(contentsOf: file))) }
  }

  @Test("short and random inputs are taken or refused without a trap", arguments: FuzzTarget.all.map(\.name))
  func random(name: String) throws {
    let target = try #require(FuzzTarget.all.first { $0.name == name })
    let given = ProcessInfo.processInfo.environment["SIMURGH_SEED"].flatMap { UInt64($0) }
    let seed = given ?? UInt64.random(in: 0...UInt64.max)
    // A trap ends the program without another word, so the seed is said before it is used.
    print("\(name): SIMURGH_SEED=\(seed)")
    let random = SeededRandomSource(seed: withUnsafeBytes(of: seed.bigEndian) { Array($0) })
    for length in 0..<400 { target.feed(random.bytes(length)) }
  }
}
