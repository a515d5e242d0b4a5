import APDU
import Bytes
import SecureElement
import Testing
import UICC

/// What the files of the sample card should hold, in the simplest words.
private struct Model {
  var binary = [UInt8](repeating: 0xFF, count: 300)
  var linear = [[UInt8]](repeating: [UInt8](repeating: 0xFF, count: 30), count: 10)
  var cyclic = [[UInt8]](repeating: [0, 0, 0], count: 4)
  var objects: [UInt8: [UInt8]] = [:]
}

@Suite("Random commands against a simple model") struct ModelTests {
  @Test("file commands do what the model does, over resets and power cuts", arguments: 1...12 as ClosedRange<UInt64>)
  func files(seed: UInt64) throws {
    var random = Seeded(seed)
    let log = PowerCutLog(VolatileLog())
    let card = try SampleCard(LogMemory(log))
    var model = Model()
    try wake(card)
    for _ in 0..<600 {
      let cuts = Int.random(in: 0...19, using: &random) == 0
      let moment = random.next() % 2 == 0 ? PowerCutLog.Moment.afterBytes(Int(random.next() % 60)) : .afterWrite
      if cuts { log.cut(atWrite: 1, moment) }
      let before = model
      let (writes, path, command, expected) = step(&model, &random)
      #expect(try card.select(path) == "9000")
      let answer = try card.sendAll(command)
      if answer.isEmpty {
        // Power went: the state is the one before or the one after, as the log tells.
        _ = card.card.powerOn()
        try wake(card)
        if try !holds(model, card) { model = before }
        #expect(try holds(model, card))
      } else {
        #expect(answer == expected, "\(path): \(command)")
        if cuts, writes { Issue.record("the power cut did not come") }
      }
      if cuts { log.cut(atWrite: .max, .afterWrite) }
    }
    _ = card.card.reset()
    try wake(card)
    #expect(try holds(model, card))
  }

  private func wake(_ card: SampleCard) throws {
    try card.send("00A4040C07A0000000871002")
    try card.send("0020000108" + PINTests.pin1)
  }

  /// One random command: whether it writes, where, and the answer that is due.
  private func step(_ model: inout Model, _ random: inout Seeded) -> (Bool, String, String, String) {
    func byte(_ range: ClosedRange<UInt8>) -> UInt8 { UInt8.random(in: range, using: &random) }
    switch Int.random(in: 0...7, using: &random) {
    case 0:
      let (offset, data) = (
        Int.random(in: 0...310, using: &random), random.bytes(Int.random(in: 1...40, using: &random))
      )
      let command = "00D6" + UInt16(offset).bigEndianBytes.hex + [UInt8(data.count)].hex + data.hex
      guard offset < 300 else { return (false, "7FFF6F20", command, "6B00") }
      guard offset + data.count <= 300 else { return (false, "7FFF6F20", command, "6700") }
      let changes = Array(model.binary[offset..<offset + data.count]) != data
      model.binary.replaceSubrange(offset..<offset + data.count, with: data)
      return (changes, "7FFF6F20", command, "9000")
    case 1:
      let (offset, length) = (Int.random(in: 0...310, using: &random), Int(byte(1...100)))
      let command = "00B0" + UInt16(offset).bigEndianBytes.hex + [UInt8(length)].hex
      guard offset < 300 else { return (false, "7FFF6F20", command, "6B00") }
      let data = model.binary[offset...].prefix(length)
      return (false, "7FFF6F20", command, data.count == length ? data.hex + "9000" : "6C" + [UInt8(data.count)].hex)
    case 2:
      let (record, data) = (Int(byte(1...12)), random.bytes(30))
      // The link in the ADF and the file itself have one body.
      let path = random.next() % 2 == 0 ? "7F106F3A" : "7FFF6F3A"
      let command = "00DC" + [UInt8(record)].hex + "041E" + data.hex
      guard record <= 10 else { return (false, path, command, "6A83") }
      model.linear[record - 1] = data
      return (true, path, command, "9000")
    case 3:
      let record = Int(byte(1...12))
      let due = record <= 10 ? model.linear[record - 1].hex + "9000" : "6A83"
      return (false, random.next() % 2 == 0 ? "7F106F3A" : "7FFF6F3A", "00B2" + [UInt8(record)].hex + "0400", due)
    case 4:
      let data = random.bytes(3)
      model.cyclic = [data] + model.cyclic.dropLast()
      return (false, "7FFF6F39", "00DC000303" + data.hex, "9000")
    case 5:
      let added = UInt32(random.next() % 0x20_0000)
      let sum = (UInt32(bigEndian: model.cyclic[0]) ?? 0) + added
      let field = Array(added.bigEndianBytes.suffix(3)).hex
      guard sum < 1 << 24 else { return (false, "7FFF6F39", "8032000003" + field, "9850") }
      model.cyclic = [Array(sum.bigEndianBytes.suffix(3))] + model.cyclic.dropLast()
      return (false, "7FFF6F39", "8032000003" + field, model.cyclic[0].hex + field + "9000")
    case 6:
      let (tag, value) = (byte(0xC0...0xC4), random.bytes(Int(byte(0...60))))
      let command = "80DB0080" + [UInt8(value.count + 2), tag, UInt8(value.count)].hex + value.hex
      model.objects[tag] = value
      return (false, "7FFF6F50", command, "9000")
    default:
      let tag = byte(0xC0...0xC4)
      let due = model.objects[tag].map { [tag, UInt8($0.count)].hex + $0.hex + "9000" } ?? "6A88"
      return (false, "7FFF6F50", "80CB008001" + [tag].hex, due)
    }
  }

  /// Whether the card's files hold what the model says.
  private func holds(_ model: Model, _ card: SampleCard) throws -> Bool {
    try card.select("7FFF6F20")
    let binary = try card.send("00B00000FF").dropLast(4) + card.send("00B000FF2D").dropLast(4)
    try card.select("7F106F3A")
    let linear = try (1...10).map { String(try card.send("00B2" + [UInt8($0)].hex + "041E").dropLast(4)) }
    try card.select("7FFF6F39")
    let cyclic = try (1...4).map { String(try card.send("00B2" + [UInt8($0)].hex + "0403").dropLast(4)) }
    try card.select("7FFF6F50")
    for tag in UInt8(0xC0)...0xC4 {
      let due = model.objects[tag].map { [tag, UInt8($0.count)].hex + $0.hex + "9000" } ?? "6A88"
      if try card.sendAll("80CB008001" + [tag].hex) != due { return false }
    }
    return binary == model.binary.hex && linear == model.linear.map(\.hex) && cyclic == model.cyclic.map(\.hex)
  }
}

@Suite("Whatever bytes come, the card answers with a status word") struct RobustnessTests {
  @Test("random bytes and mutated commands", arguments: 1...8 as ClosedRange<UInt64>)
  func anything(seed: UInt64) throws {
    var random = Seeded(seed)
    let card = try SampleCard()
    let instructions: [UInt8] = [
      0xA4, 0xF2, 0xB0, 0xD6, 0xB2, 0xDC, 0xA2, 0x32, 0xCB, 0xDB, 0x20, 0x24, 0x26, 0x28, 0x2C, 0x04, 0x44, 0x84, 0x70,
      0xAA, 0x10, 0x12, 0x14, 0xC2, 0xC0, 0x88,
    ]
    let names: [[UInt8]] = [
      [0x3F, 0], [0x7F, 0x10], [0x6F, 0x3A], [0x2F, 0xE2], [0x6F, 0x39], [0x6F, 0x50], [0x6F, 0x20], [0x7F, 0xFF],
      Array(SampleCard.usim.bytes.prefix(7)), [0x31, 0x32, 0x33, 0x34, 0xFF, 0xFF, 0xFF, 0xFF],
    ]
    for _ in 0..<30_000 {
      var apdu: [UInt8]
      switch Int.random(in: 0...5, using: &random) {
      case 0: apdu = random.bytes(Int.random(in: 0...20, using: &random))
      case 1:
        let name = names[Int(random.next() % UInt64(names.count))]
        apdu = [0, 0xA4, name.count > 2 ? 4 : 0, 0x0C, UInt8(name.count)] + name
      default:
        let instruction = instructions[Int(random.next() % UInt64(instructions.count))]
        let classes: [UInt8] = [0, 0, 0, 0x80, 0x80, 0x01, 0x10, 0x90, 0x40, 0xC0]
        let parameters: [UInt8] = [0, 0, 0, 1, 2, 3, 4, 8, 9, 0x80, 0x81, 0x0C, 0xFF]
        func any(_ list: [UInt8]) -> UInt8 { list[Int(random.next() % UInt64(list.count))] }
        apdu = [any(classes), instruction, any(parameters), any(parameters)]
        if random.next() % 2 == 0 {
          let data = random.next() % 3 == 0 ? names[Int(random.next() % 10)] : random.bytes(Int(random.next() % 40))
          if !data.isEmpty { apdu += [UInt8(data.count)] + data }
        }
        if random.next() % 3 == 0 { apdu.append(any([0, 0, 1, 3, 30, 255])) }
      }
      let answer = card.card.respond(apdu)
      guard answer.count >= 2,
        (0x61...0x6F).contains(answer[answer.count - 2]) || answer[answer.count - 2] & 0xF0 == 0x90
      else {
        Issue.record("\(apdu.hex) → \(answer.hex)")
        return
      }
      #expect(answer.count <= 65_538)
    }
  }
}
