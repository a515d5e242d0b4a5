import Bytes
import Identifiers
import Keys
import SecureChannel
import Testing

@Suite("BSP: both sides, and whoever stands between them") struct BSPTests {
  let random = SeededRandomSource(seed: Array("bsp".utf8))

  func channel() throws -> (sender: BSP.Sender, receiver: BSP.Receiver) {
    let keys = try BSP.SessionKeys(random: random)
    return (BSP.Sender(keys: keys), BSP.Receiver(keys: keys, segmentLimit: BSP.segmentLimit))
  }

  @Test(
    "SGP.22 §2.5.3: data of any length arrive whole, in segments of at most 1020 bytes", arguments: BSP.Tag.allCases)
  func lengths(tag: BSP.Tag) throws {
    var (sender, receiver) = try channel()
    let limit = tag.payloadLimit
    #expect(limit == (tag == .metadata ? 1008 : 1007))
    for length in [0, 1, 15, 16, 17, 31, 32, 111, 112, 240, 241, limit - 1, limit, limit + 1, 2 * limit, 40_000] {
      let data = random.bytes(length)
      let segments = try sender.protect(data, as: tag)
      #expect(segments.count == (length + limit - 1) / limit)
      #expect(segments.allSatisfy { $0.count <= 1020 })
      #expect(try segments.flatMap { try receiver.open($0, as: tag) } == data)
    }
    #expect(throws: BSPError.tooLong) { try sender.protectOne(random.bytes(limit + 1)[...], as: tag) }
  }

  @Test("SGP.22 §2.6.4.4: data that end like padding arrive as they were") func paddingLookalikes() throws {
    var (sender, receiver) = try channel()
    for data: [UInt8] in [
      [0x80], [0x80, 0], [0], [UInt8](repeating: 0, count: 32), [0x80] + [UInt8](repeating: 0, count: 15),
    ] {
      #expect(try receiver.open(sender.protectOne(data[...], as: .profile), as: .profile) == data)
    }
    #expect(try receiver.open(sender.protectOne([], as: .profile), as: .profile) == [])
  }

  @Test("a changed bit anywhere in a segment is refused, and nothing passes after it", arguments: BSP.Tag.allCases)
  func tampering(tag: BSP.Tag) throws {
    var (sender, fresh) = try channel()
    let first = try sender.protectOne(random.bytes(150)[...], as: tag)
    let second = try sender.protectOne(random.bytes(20)[...], as: tag)
    for index in first.indices {
      for bit in 0..<8 {
        var changed = first
        changed[index] ^= 1 << UInt8(bit)
        var receiver = fresh
        let expected: [BSPError] =
          index == 0 ? [.wrongTag] : index <= 2 ? [.malformed] : [.wrongMAC]
        let error = #expect(throws: BSPError.self) { try receiver.open(changed, as: tag) }
        #expect(error.map(expected.contains) == true)
        #expect(throws: BSPError.unusable) { try receiver.open(first, as: tag) }
      }
    }
    #expect(throws: Never.self) { try (fresh.open(first, as: tag), fresh.open(second, as: tag)) }
  }

  @Test("a segment cut anywhere, or with a byte too many, is refused", arguments: BSP.Tag.allCases)
  func truncation(tag: BSP.Tag) throws {
    var (sender, fresh) = try channel()
    let segment = try sender.protectOne(random.bytes(40)[...], as: tag)
    for length in 0..<segment.count {
      var receiver = fresh
      #expect(throws: BSPError.malformed) { try receiver.open(Array(segment.prefix(length)), as: tag) }
    }
    #expect(throws: BSPError.malformed) { try fresh.open(segment + [0], as: tag) }
  }

  @Test("segments dropped, doubled, swapped or from another session are refused") func order() throws {
    var (sender, fresh) = try channel()
    let segments = try sender.protect(random.bytes(3000), as: .profile)
    try #require(segments.count == 3)
    for order in [[1], [0, 2], [0, 0], [1, 0], [0, 1, 1]] {
      var receiver = fresh
      for index in order.dropLast() where order.first == 0 { _ = try receiver.open(segments[index], as: .profile) }
      let last = order.first == 0 ? order.last : order.first
      #expect(throws: BSPError.wrongMAC) { try receiver.open(segments[last ?? 0], as: .profile) }
    }
    var (otherSender, _) = try channel()
    let foreign = try otherSender.protect([1], as: .profile)
    #expect(throws: BSPError.wrongMAC) { try fresh.open(foreign[0], as: .profile) }
  }

  @Test("a segment of one kind is not taken for another") func kinds() throws {
    for tag in BSP.Tag.allCases {
      for other in BSP.Tag.allCases where other != tag {
        var (sender, receiver) = try channel()
        var copy = receiver
        var segment = try sender.protectOne([1, 2, 3], as: tag)
        #expect(throws: BSPError.wrongTag) { try receiver.open(segment, as: other) }
        segment[0] = other.rawValue
        #expect(throws: BSPError.wrongMAC) { try copy.open(segment, as: other) }
      }
    }
  }

  @Test("the count of blocks goes on over segments with C-MAC only") func counting() throws {
    var (sender, receiver) = try channel()
    for tag: BSP.Tag in [.command, .metadata, .metadata, .command, .profile, .metadata, .profile] {
      let data = random.bytes(100)
      #expect(try receiver.open(sender.protectOne(data[...], as: tag), as: tag) == data)
    }
  }

  @Test("SGP.22 §5.5.4: after ReplaceSessionKeys segments protected in advance open, the session's own no longer")
  func replacement() throws {
    let keys = try BSP.SessionKeys(random: random)
    var advance = BSP.Sender(keys: keys)
    let ready = try advance.protect(random.bytes(2000), as: .profile)
    for _ in 0..<2 {
      var (sender, receiver) = try channel()
      _ = try receiver.open(sender.protectOne([1], as: .command), as: .command)
      receiver.replaceKeys(keys)
      var second = receiver
      #expect(try ready.flatMap { try receiver.open($0, as: .profile) }.count == 2000)
      #expect(throws: BSPError.wrongMAC) { try second.open(sender.protectOne([1], as: .profile), as: .profile) }
    }
  }

  @Test("a refused session stays refused after ReplaceSessionKeys") func noWayBack() throws {
    var (sender, receiver) = try channel()
    #expect(throws: BSPError.wrongTag) { try receiver.open([0x89, 0], as: .command) }
    receiver.replaceKeys(try BSP.SessionKeys(random: random))
    #expect(throws: BSPError.unusable) { try receiver.open(sender.protectOne([1], as: .command), as: .command) }
  }

  /// A sender that knows the keys and breaks the rules: it authenticates `content` as it is.
  func forge(_ content: [UInt8], tag: UInt8, keys: BSP.SessionKeys) throws -> [UInt8] {
    let length = content.count + 8
    let header = [tag] + (length < 0x80 ? [UInt8(length)] : [0x82, UInt8(length >> 8), UInt8(length & 0xFF)])
    let mac = try AES.cmac(keys.initialMACChainingValue.bytes + header + content, key: keys.sMAC)
    return header + content + mac.prefix(8)
  }

  @Test("SGP.22 §2.6.4.4: authentic data without padding, with too much of it or not in whole blocks are refused")
  func padding() throws {
    let keys = try BSP.SessionKeys(random: random)
    let iv = try AES.encryptBlock([UInt8](repeating: 0, count: 15) + [1], key: keys.sENC)
    func verdict(_ plain: [UInt8]) throws -> BSPError? {
      var receiver = BSP.Receiver(keys: keys)
      let segment = try forge(AES.cbcEncrypt(plain, key: keys.sENC, iv: iv), tag: 0x87, keys: keys)
      do { _ = try receiver.open(segment, as: .command) } catch { return error }
      return nil
    }
    let zeros = [UInt8](repeating: 0, count: 15)
    #expect(try verdict([0x80] + zeros) == nil)
    #expect(try verdict([0x01] + zeros) == .wrongPadding)
    #expect(try verdict([0x00] + zeros) == .wrongPadding)
    #expect(try verdict([0x80] + zeros + [0] + zeros) == .wrongPadding)
    #expect(try verdict([UInt8](repeating: 0x81, count: 16)) == .wrongPadding)
    for length in [0, 1, 15, 17] {
      var receiver = BSP.Receiver(keys: keys)
      let segment = try forge([UInt8](repeating: 0, count: length), tag: 0x87, keys: keys)
      #expect(throws: BSPError.malformed) { try receiver.open(segment, as: .command) }
    }
  }

  @Test("SGP.22 §2.5.3: 1020 bytes is the limit; one block more is tolerated unless the receiver is told otherwise")
  func limits() throws {
    let keys = try BSP.SessionKeys(random: random)
    for (length, limit, isTaken) in [(1008, 1020, true), (1024, 1020, false), (1024, 1036, true), (1025, 1036, false)] {
      var receiver = BSP.Receiver(keys: keys, segmentLimit: limit)
      let segment = try forge(random.bytes(length), tag: 0x88, keys: keys)
      let data = try? receiver.open(segment, as: .metadata)
      #expect((data?.count == length) == isTaken)
    }
    #expect(BSP.toleratedSegmentLimit == 1036)
  }

  @Test("keys of a wrong size and HostIDs of 0 or 17 bytes are refused") func sizes() throws {
    let (good, bad) = (Secret(random.bytes(16)), Secret(random.bytes(15)))
    #expect(throws: KeyError.self) { try BSP.SessionKeys(sENC: bad, sMAC: good, initialMACChainingValue: good) }
    #expect(throws: KeyError.self) { try BSP.SessionKeys(sENC: good, sMAC: bad, initialMACChainingValue: good) }
    #expect(throws: KeyError.self) { try BSP.SessionKeys(sENC: good, sMAC: good, initialMACChainingValue: bad) }
    let eid = try EID("89049032123451234512345678901235")
    for length in [0, 17] {
      #expect(throws: KeyError.self) {
        try BSP.SessionKeys(sharedSecret: good, hostId: [UInt8](repeating: 1, count: length), eid: eid)
      }
    }
  }
}
