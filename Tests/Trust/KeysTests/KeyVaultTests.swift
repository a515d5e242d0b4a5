import Bytes
import Foundation
import Keys
import Testing

@Suite("The key vault") struct KeyVaultTests {
  let random = SeededRandomSource(seed: Array("vault".utf8))
  let secret = Secret(Array("a subscriber's K".utf8))

  @Test("a wrapped secret opens for its own place only, and not after a change of any bit") func wrapping() throws {
    let vault = try KeyVault(current: Secret(random.bytes(32)))
    let wrapped = try vault.wrap(secret, context: "subscriber/1/k", random: random)
    #expect(wrapped.count == 1 + 8 + 12 + 16 + 16)
    #expect(try vault.unwrap(wrapped, context: "subscriber/1/k") == secret)
    #expect(throws: KeyError.self) { try vault.unwrap(wrapped, context: "subscriber/2/k") }
    for index in wrapped.indices {
      var changed = wrapped
      changed[index] ^= 1
      #expect(throws: KeyError.self) { try vault.unwrap(changed, context: "subscriber/1/k") }
    }
    for length in 0..<wrapped.count {
      #expect(throws: KeyError.self) { try vault.unwrap(Array(wrapped.prefix(length)), context: "subscriber/1/k") }
    }
    #expect(try vault.wrap(secret, context: "subscriber/1/k", random: random) != wrapped)
  }

  @Test("after a rotation former secrets open, are told apart and are rewrapped") func rotation() throws {
    let (old, new) = (Secret(random.bytes(32)), Secret(random.bytes(32)))
    let before = try KeyVault(current: old)
    let during = try KeyVault(current: new, former: [old])
    let after = try KeyVault(current: new)
    let wrapped = try before.wrap(secret, context: "c", random: random)
    #expect(during.isOutdated(wrapped) && !before.isOutdated(wrapped))
    #expect(throws: KeyError.self) { try after.unwrap(wrapped, context: "c") }
    let rewrapped = try during.rewrap(wrapped, context: "c", random: random)
    #expect(!during.isOutdated(rewrapped))
    #expect(try after.unwrap(rewrapped, context: "c") == secret)
  }

  @Test("master keys are read from text and environment; nonsense gives a sentence") func text() throws {
    let (a, b) = (random.bytes(32), random.bytes(32))
    let wrapped = try KeyVault(current: Secret(b)).wrap(secret, context: "c", random: random)
    let vault = try KeyVault(text: "# master keys\n\(a.hex)  # the current one\n\(b.hex.lowercased())\n")
    #expect(try vault.unwrap(wrapped, context: "c") == secret)
    let fromEnvironment = try KeyVault(environment: [KeyVault.environmentVariable: "\(a.hex),\(b.hex)"])
    #expect(try fromEnvironment?.unwrap(wrapped, context: "c") == secret)
    #expect(try KeyVault(environment: [:]).map { _ in true } == nil)
    for bad in ["", "# nothing", "abcd", "\(a.hex)00", String(repeating: "g", count: 64)] {
      #expect(throws: KeyError.self) { try KeyVault(text: bad) }
    }
    #expect(throws: KeyError.self) { try KeyVault(current: Secret(random.bytes(16))) }
  }

  @Test("a file of master keys is made for its owner alone, and refused when others can read it") func file() throws {
    let path = NSTemporaryDirectory() + "simurgh-vault-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: path) }
    #expect(throws: KeyError.self) { try KeyVault(file: path) }
    let vault = try KeyVault.create(file: path, random: random)
    let wrapped = try vault.wrap(secret, context: "c", random: random)
    #expect(try KeyVault(file: path).unwrap(wrapped, context: "c") == secret)
    #expect(throws: KeyError.self) { try KeyVault.create(file: path, random: random) }
    try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: path)
    #expect(throws: KeyError.self) { try KeyVault(file: path) }
  }

  @Test(
    "a vault of a file follows a rotation while it is in use: old and new secrets open, new ones are under the new key")
  func following() throws {
    let random = SeededRandomSource(seed: Array("following".utf8))
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("master-\(UUID()).key").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    let running = try KeyVault.create(file: path, random: random)
    let old = try running.wrap(Secret([1]), context: "a", random: random)
    try KeyVault.beginRotation(file: path, random: random)
    // Once begun, a rotation goes on with the keys that it has.
    let begun = try String(contentsOfFile: path, encoding: .utf8)
    try KeyVault.beginRotation(file: path, random: random)
    #expect(try String(contentsOfFile: path, encoding: .utf8) == begun)
    let rotator = try KeyVault(file: path)
    #expect(rotator.isOutdated(old) && running.isOutdated(old) && running.hasFormerKeys)
    let new = try rotator.rewrap(old, context: "a", random: random)
    #expect(try running.unwrap(new, context: "a") == Secret([1]))
    #expect(try !rotator.isOutdated(running.wrap(Secret([2]), context: "b", random: random)))
    try KeyVault.endRotation(file: path)
    #expect(try running.unwrap(new, context: "a") == Secret([1]) && !running.hasFormerKeys)
    #expect(throws: KeyError.self) { try KeyVault(file: path).unwrap(old, context: "a") }
    // A file that cannot be read for a moment leaves the keys that were read.
    try Data("nonsense".utf8).write(to: URL(fileURLWithPath: path))
    #expect(try running.unwrap(new, context: "a") == Secret([1]))
    #expect(throws: KeyError.self) { try KeyVault.beginRotation(file: path, random: random) }
  }
}
