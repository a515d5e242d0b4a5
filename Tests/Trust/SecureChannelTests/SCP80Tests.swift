import Bytes
import Keys
import SecureChannel
import Testing

@Suite("SCP80: packets over the air") struct SCP80Tests {
  let random = SeededRandomSource(seed: Array("scp80".utf8))

  func keys(version: UInt8 = 1) throws -> SCP80.Keys {
    try SCP80.Keys(version: version, cipher: Secret(random.bytes(16)), checksum: Secret(random.bytes(16)))
  }

  var tar: SCP80.TAR { get throws { try #require(SCP80.TAR([0x00, 0x00, 0x01])) } }

  // The values of pySim's tests/unittests/test_ota.py, AES128-SJA5-CIPHERED-CC, which a sysmoISIM-SJA5 card agreed to.
  @Suite("as a card of another maker has them") struct Vectors {
    let keys: SCP80.Keys
    let tar: SCP80.TAR
    /// CC and ciphering without a counter; the proof of receipt likewise.
    let security = SCP80.SecurityParameters(0x06, 0x19)

    init() throws {
      keys = try SCP80.Keys(
        version: 2, cipher: Secret([UInt8](hex: "200102030405060708090a0b0c0d0e0f")),
        checksum: Secret([UInt8](hex: "201102030405060708090a0b0c0d0e0f")))
      tar = try #require(SCP80.TAR([UInt8](hex: "B00011")))
    }

    @Test("TS 102 225 §5.1: a command packet is secured and opened") func command() throws {
      let expected = "00281506192222b00011e87cceebb2d93083011ce294f93fc4d8de80da1abae8c37ca3e72ec4432e5058"
      let data = try [UInt8](hex: "00a40004023f00")
      let packet = SCP80.CommandPacket(data, to: tar, counter: .zero, security: security)
      let secured = try packet.secured(with: keys)
      #expect(try secured == [UInt8](hex: expected))
      let received = try SCP80.CommandPacket.Received(secured)
      #expect(received.tar == tar)
      #expect(received.keyVersion == 2)
      #expect(try received.open(with: keys, minimum: security) == packet)
      #expect(throws: SCP80Error.insufficientSecurity) { try received.open(with: keys) }
    }

    @Test("TS 31.115 §4.4: a response packet is opened and secured") func response() throws {
      let bytes = try [UInt8](hex: "002412b00011ebc6b497e2cad7aedf36ace0e3a29b38853f0fe9ccde81913be5702b73abce1f")
      guard case .proven(let packet) = try SCP80.ResponsePacket.Received(bytes, keys: keys) else {
        Issue.record("the proof was not recognised")
        return
      }
      #expect(packet.status == .ok)
      #expect(packet.tar == tar)
      #expect(try packet.data == [UInt8](hex: "016132"))
      #expect(try packet.secured(with: keys) == bytes)
    }
  }

  @Test("TS 102 225 §5.1: data of any length arrive whole, with their counter and their security") func lengths() throws
  {
    let keys = try keys()
    for length in [0, 1, 2, 15, 16, 17, 18, 100, 140, 1_000, 4_000] {
      let counter = try #require(SCP80.Counter(UInt64(length) << 20))
      let packet = try SCP80.CommandPacket(random.bytes(length), to: tar, counter: counter, security: .fullBySubmit)
      #expect(try SCP80.CommandPacket.Received(packet.secured(with: keys)).open(with: keys) == packet)
      let answer = try SCP80.ResponsePacket(.ok, data: random.bytes(length), from: tar, counter: counter)
      #expect(try SCP80.ResponsePacket.Received(answer.secured(with: keys), keys: keys) == .proven(answer))
    }
    let long = try SCP80.CommandPacket([UInt8](repeating: 0, count: 65_530), to: tar, counter: .zero)
    #expect(throws: SCP80Error.tooLong) { try long.secured(with: keys) }
  }

  @Test("a changed bit anywhere in a packet is refused, whichever way it goes") func tampering() throws {
    let keys = try keys()
    let command = try SCP80.CommandPacket(random.bytes(20), to: tar, counter: .zero).secured(with: keys)
    let answer = try SCP80.ResponsePacket(.ok, data: random.bytes(20), from: tar, counter: .zero).secured(with: keys)
    for bit in 0..<command.count * 8 {
      var changed = command
      changed[bit / 8] ^= 1 << UInt8(bit % 8)
      #expect(throws: SCP80Error.self) { try SCP80.CommandPacket.Received(changed).open(with: keys) }
    }
    for bit in 0..<answer.count * 8 {
      var changed = answer
      changed[bit / 8] ^= 1 << UInt8(bit % 8)
      #expect(throws: SCP80Error.self) { try SCP80.ResponsePacket.Received(changed, keys: keys) }
    }
    for count in 0..<command.count {
      #expect(throws: SCP80Error.malformed) { try SCP80.CommandPacket.Received(Array(command.prefix(count))) }
    }
    for count in 0..<answer.count {
      #expect(throws: SCP80Error.malformed) {
        try SCP80.ResponsePacket.Received(Array(answer.prefix(count)), keys: keys)
      }
    }
  }

  @Test("another card's keys, or another version, open nothing") func foreignKeys() throws {
    let (keys, foreign) = (try keys(), try keys())
    let secured = try SCP80.CommandPacket(random.bytes(20), to: tar, counter: .zero).secured(with: keys)
    let received = try SCP80.CommandPacket.Received(secured)
    #expect(throws: SCP80Error.wrongChecksum) { try received.open(with: foreign) }
    let renamed = try SCP80.Keys(version: 2, cipher: keys.cipher, checksum: keys.checksum)
    #expect(throws: SCP80Error.insufficientSecurity) { try received.open(with: renamed) }
  }

  @Test(
    "SGP.02 §2.4.3: less than checksum, ciphering and a rising counter is refused, and so are DES and triple DES",
    arguments: [0x12, 0x14, 0x15, 0x06, 0x0E, 0x1E, 0x00] as [UInt8])
  func weakness(first: UInt8) throws {
    let keys = try keys()
    var secured = try SCP80.CommandPacket(random.bytes(20), to: tar, counter: .zero).secured(with: keys)
    secured[3] = first
    #expect(throws: SCP80Error.insufficientSecurity) { try SCP80.CommandPacket.Received(secured).open(with: keys) }
    for algorithm: UInt8 in [0x11, 0x15, 0x19, 0x10, 0x02] {
      var changed = try SCP80.CommandPacket(random.bytes(20), to: tar, counter: .zero).secured(with: keys)
      (changed[5], changed[6]) = (algorithm, algorithm)
      let received = try SCP80.CommandPacket.Received(changed)
      #expect(received.keyVersion == nil)
      #expect(throws: SCP80Error.insufficientSecurity) { try received.open(with: keys) }
    }
  }

  @Test("an answer without proof says nothing but a complaint") func unproven() throws {
    let keys = try keys()
    let complaint = try SCP80.ResponsePacket(.checksumFailed, from: tar, counter: .zero).unsecured()
    #expect(try SCP80.ResponsePacket.Received(complaint, keys: keys) == .unproven(.checksumFailed))
    let forged = try SCP80.ResponsePacket(.ok, data: [0x90, 0x00], from: tar, counter: .zero).unsecured()
    #expect(throws: SCP80Error.insufficientSecurity) { try SCP80.ResponsePacket.Received(forged, keys: keys) }
  }

  @Test("TS 102 225 §5.1.4: a counter ends at 2⁴⁰ − 1") func counter() throws {
    #expect(SCP80.Counter(1 << 40) == nil)
    let last = try #require(SCP80.Counter(1 << 40 - 1))
    #expect(last.next == nil)
    #expect(SCP80.Counter.zero.next == SCP80.Counter(1))
  }
}
