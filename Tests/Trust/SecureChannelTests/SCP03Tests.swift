import APDU
import Bytes
import Keys
import SecureChannel
import Testing

@Suite("GlobalPlatform Amendment D: SCP03") struct SCP03Tests {
  private func bytes(_ hex: String) throws -> [UInt8] { try [UInt8](hex: hex) }
  private func command(_ hex: String) throws -> Command { try Command(bytes: bytes(hex)) }

  /// The AID of the cards in the recordings, an eUICC's ISD-R.
  private static let aid = "A0000005591010FFFFFFFF8900000100"

  @Test("§6.2: the host says what recorded hosts said, byte for byte", arguments: SCP03Trace.all)
  func host(_ trace: SCP03Trace) throws {
    let update = try command(trace.messages[0])
    var host = SCP03.Host(keys: try trace.keys, challenge: update.data)
    #expect(SCP03.Host.initializeUpdate(challenge: update.data, keyVersion: update.p1) == update)
    let authenticate = try host.externalAuthenticate(bytes(trace.messages[1]), level: trace.level)
    #expect(authenticate.bytes.hex == trace.messages[2])
    #expect(try host.wrap(command(SCP03Trace.plain[0])).bytes.hex == trace.messages[3])
    #expect(try host.unwrap(Response(bytes(trace.messages[4]))).data.hex == SCP03Trace.eid)
    for (plain, wrapped) in zip(SCP03Trace.plain.dropFirst(), trace.messages.dropFirst(5)) {
      #expect(try host.wrap(command(plain)).bytes.hex == wrapped)
    }
  }

  @Test("§6.2: the card answers as recorded cards answered, byte for byte", arguments: SCP03Trace.all)
  func card(_ trace: SCP03Trace) throws {
    let (update, answer) = (try command(trace.messages[0]), try bytes(trace.messages[1]))
    // §6.2.2.1: the challenge is that of the counter and of the AID of the card's ISD-R.
    var card = try SCP03.Card(
      keys: trace.keys, keyVersion: update.p1, diversificationData: Array(answer.prefix(10)),
      hostChallenge: update.data,
      challenge: .pseudoRandom(sequenceCounter: Array(answer.suffix(3)), aid: bytes(Self.aid)))
    #expect(card.response.bytes.hex == answer.hex)
    try card.externalAuthenticate(command(trace.messages[2]))
    #expect(card.level == trace.level)
    #expect(try card.unwrap(command(trace.messages[3])) == command(SCP03Trace.plain[0]))
    #expect(try card.wrap(Response(bytes(SCP03Trace.eid))).data.hex == trace.messages[4])
    for (plain, wrapped) in zip(SCP03Trace.plain.dropFirst(), trace.messages.dropFirst(5)) {
      #expect(try card.unwrap(command(wrapped)) == command(plain))
    }
  }

  @Test("§B.6: key check values are those of the recorded keys") func checkValues() throws {
    let keys = try SCP03Trace.all[0].keys
    let values = try [keys.enc, keys.mac, keys.dek].map { try SCP03.checkValue(of: $0).hex }
    #expect(values == ["C35280", "013808", "840DE5"])
  }

  private struct Pair {
    var host: SCP03.Host
    var card: SCP03.Card

    init(
      level: SCP03.SecurityLevel = .full, options: SCP03.Options = [.responseMAC, .responseEncryption],
      random: Bool = false, bits: Int = 128
    ) throws {
      let keys = try SCP03Trace(bits, 0, []).keys
      let challenge = [UInt8](repeating: 7, count: options.macLength)
      host = SCP03.Host(keys: keys, challenge: challenge)
      card = try SCP03.Card(
        keys: keys, keyVersion: 1, diversificationData: [UInt8](repeating: 1, count: 10), hostChallenge: challenge,
        challenge: random
          ? .random([UInt8](repeating: 9, count: options.macLength))
          : .pseudoRandom(sequenceCounter: [0, 0, 1], aid: [0xA0, 0, 0, 1, 0x51, 0, 0, 0]),
        options: options)
      try card.externalAuthenticate(host.externalAuthenticate(card.response.bytes, level: level))
    }
  }

  @Test(
    "§5.1: both modes, random and pseudo-random challenges, all levels and lengths of keys understand each other",
    arguments: [0x00, 0x01, 0x03, 0x11, 0x13, 0x33] as [UInt8])
  func roundTrips(_ level: UInt8) throws {
    for bits in [128, 192, 256] {
      for options: SCP03.Options in [[.responseMAC, .responseEncryption], [.responseMAC, .responseEncryption, .s16]] {
        for random in [true, false] {
          var pair = try Pair(level: .init(rawValue: level), options: options, random: random, bits: bits)
          for length in [0, 1, 15, 16, 17, 200, 300] {
            let data = (0..<length).map { UInt8($0 & 0xFF) }
            for channel in [0, 3, 4, 19] {
              let plain = Command(cla: 0x80, ins: 0xE2, p1: 1, p2: 2, data: data, le: 256).on(channel: channel)
              let sent = try pair.host.wrap(plain)
              #expect(try pair.card.unwrap(Command(bytes: sent.bytes)) == plain)
              let answer = Response(data)
              #expect(try pair.host.unwrap(pair.card.wrap(answer)) == answer)
            }
          }
        }
      }
    }
  }

  @Test("§6.2.4: a command with any bit turned, left out, repeated or without MAC ends the session") func tampering()
    throws
  {
    let plain = Command(cla: 0x80, ins: 0xE2, p1: 1, p2: 2, data: [1, 2, 3])
    var pair = try Pair()
    let sent = try pair.host.wrap(plain).bytes
    for bit in 0..<sent.count * 8 {
      // The class byte's chaining and channel bits are not in the MAC; the length no longer fits when it is turned.
      guard bit >= 8, bit / 8 != 4 else { continue }
      var (card, bad) = (pair.card, sent)
      bad[bit / 8] ^= 0x80 >> UInt8(bit % 8)
      #expect(throws: SCP03Error.wrongMAC, "bit \(bit)") { try card.unwrap(Command(bytes: bad)) }
      // The right one comes too late.
      #expect(throws: SCP03Error.unusable) { try card.unwrap(Command(bytes: sent)) }
    }
    var bare = pair.card
    #expect(throws: SCP03Error.wrongMAC) { try bare.unwrap(plain) }
    _ = try pair.card.unwrap(Command(bytes: sent))
    #expect(throws: SCP03Error.wrongMAC) { try pair.card.unwrap(Command(bytes: sent)) }
    var skipped = try Pair()
    _ = try skipped.host.wrap(plain)
    let second = try skipped.host.wrap(plain)
    #expect(throws: SCP03Error.wrongMAC) { try skipped.card.unwrap(second) }
  }

  @Test("§6.2.5: an answer with any bit turned, or of another status, ends the host's session") func answers() throws {
    var pair = try Pair()
    _ = try pair.card.unwrap(pair.host.wrap(Command(cla: 0x80, ins: 0xCA, p1: 0, p2: 0x66, le: 256)))
    let answer = try pair.card.wrap(Response([1, 2, 3]))
    for bit in 0..<answer.data.count * 8 {
      var (host, bad) = (pair.host, answer)
      bad.data[bit / 8] ^= 0x80 >> UInt8(bit % 8)
      #expect(throws: SCP03Error.wrongMAC) { try host.unwrap(bad) }
      #expect(throws: SCP03Error.unusable) { try host.unwrap(answer) }
    }
    var host = pair.host
    #expect(throws: SCP03Error.wrongMAC) { try host.unwrap(Response(answer.data, 0x6310)) }
    // Data beside a status that nothing protects are nobody's; what the toolkit announces is protected like 9000.
    for status: StatusWord in [.wrongData, 0x6A82, 0x9000, 0x9110, 0x9300] {
      var host = pair.host
      #expect(throws: SCP03Error.wrongMAC, "\(status)") { try host.unwrap(Response([1, 2, 3], status)) }
      #expect(throws: SCP03Error.unusable) { try host.unwrap(answer) }
    }
    var announced = pair.host
    #expect(try announced.unwrap(Response(answer.data, 0x9110)) == Response([1, 2, 3], 0x9110))
    // §6.2.5: an error is not protected, and the session goes on.
    #expect(try pair.card.wrap(Response([], .wrongData)) == Response([], .wrongData))
    #expect(try pair.host.unwrap(Response([], .wrongData)) == Response([], .wrongData))
  }

  @Test("§7.1: a side without the keys is found out, and a session that was refused stays closed") func authentication()
    throws
  {
    let keys = try SCP03Trace(128, 0, []).keys
    let others = try SCP03.Keys(enc: keys.mac, mac: keys.enc, dek: keys.dek)
    let challenge = [UInt8](repeating: 7, count: 8)
    func makeCard() throws -> SCP03.Card {
      try SCP03.Card(
        keys: keys, keyVersion: 1, diversificationData: [UInt8](repeating: 1, count: 10), hostChallenge: challenge,
        challenge: .random([UInt8](repeating: 9, count: 8)))
    }
    var card = try makeCard()
    var stranger = SCP03.Host(keys: others, challenge: challenge)
    #expect(throws: SCP03Error.wrongCryptogram) {
      try stranger.externalAuthenticate(card.response.bytes, level: .full)
    }
    #expect(throws: SCP03Error.unusable) { try stranger.wrap(Command(cla: 0x80, ins: 0xF2, p1: 0, p2: 0)) }
    var host = SCP03.Host(keys: keys, challenge: challenge)
    let good = try host.externalAuthenticate(card.response.bytes, level: .commandMAC)
    for offset in 0..<good.data.count {
      var (tried, bad) = (card, good)
      bad.data[offset] ^= 1
      #expect(throws: SCP03Error.wrongMAC) { try tried.externalAuthenticate(bad) }
      #expect(throws: SCP03Error.unusable) { try tried.externalAuthenticate(good) }
      #expect(tried.level == nil)
    }
    // A level raised or lowered on its way.
    for level: UInt8 in [0x00, 0x03, 0x33, 0x02, 0xFF] {
      var (tried, bad) = (card, good)
      bad.p1 = level
      #expect(throws: SCP03Error.self) { try tried.externalAuthenticate(bad) }
      #expect(tried.level == nil)
    }
    try card.externalAuthenticate(good)
    #expect(throws: SCP03Error.unusable) { try card.externalAuthenticate(good) }
  }

  @Test("a master key gives each card keys of its own, and keys travel wrapped under the DEK") func keys() throws {
    let master = Secret((0..<24).map { UInt8($0) })
    let keys = try SCP03.Keys(master: master, diversificationData: [UInt8](repeating: 1, count: 10))
    let others = try SCP03.Keys(master: master, diversificationData: [UInt8](repeating: 2, count: 10))
    #expect(Set([keys.enc, keys.mac, keys.dek, others.enc, others.mac, others.dek, master]).count == 7)
    for length in [16, 24, 32] {
      let key = Secret((0..<length).map { UInt8($0) })
      let wrapped = try keys.wrap(key)
      #expect(wrapped.count % 16 == 0)
      #expect(try keys.unwrap(wrapped, length: length) == key)
      #expect(throws: KeyError.self) { try keys.unwrap(wrapped, length: length + 16) }
    }
    #expect(throws: KeyError.self) { try SCP03.Keys(enc: keys.enc, mac: keys.mac, dek: Secret([1])) }
  }
}
