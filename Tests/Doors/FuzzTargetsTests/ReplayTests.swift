import Foundation
import FuzzTargets
import Testing

@Suite("Fuzzing: finds stay mended") struct ReplayTests {
  private static let corpus = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Fuzz/corpus")

  @Test("every kept input is taken or refused without a trap", arguments: FuzzTarget.all.map(\.name))
  func replay(name: String) throws {
    let target = try #require(FuzzTarget.all.first { $0.name == name })
    let folder = Self.corpus.appendingPathComponent(name)
    let files = (try? FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)) ?? []
    for file in files { target.feed(Array(try Data(contentsOf: file))) }
  }

  @Test("short and random inputs are taken or refused without a trap", arguments: FuzzTarget.all.map(\.name))
  func random(name: String) throws {
    let target = try #require(FuzzTarget.all.first { $0.name == name })
    var generator = SystemRandomNumberGenerator()
    for length in 0..<400 { target.feed((0..<length).map { _ in UInt8.random(in: 0...255, using: &generator) }) }
  }
}
