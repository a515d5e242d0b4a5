import APDU
import Bytes
import Testing

@Suite("APDU: the command's forms (ISO/IEC 7816-4 §5.1)") struct CommandTests {
  @Test(
    "each of the seven cases both ways",
    arguments: [
      "00A40004", "00B0000000", "00B0000010", "00A40004023F00", "00A40004023F0000", "00B00000000200",
    ])
  func cases(hex: String) throws {
    #expect(try Command(bytes: [UInt8](hex: hex)).bytes.hex == hex)
  }

  @Test("extended data both ways") func extended() throws {
    let command = Command(cla: 0, ins: 0xD6, p1: 0, p2: 0, data: [UInt8](repeating: 1, count: 300), le: 65_536)
    #expect(try Command(bytes: command.bytes) == command)
  }

  @Test("wrong lengths are 6700", arguments: ["00", "00A40004023F", "00A40004023F00000000", "00A400040000"])
  func wrong(hex: String) throws {
    #expect(throws: StatusWordError(.wrongLength)) { try Command(bytes: [UInt8](hex: hex)) }
  }

  @Test("the class byte's channel, 0 to 19") func channels() {
    let select = Command(cla: 0x00, ins: 0xA4, p1: 4, p2: 0)
    for channel in 0..<20 { #expect(select.on(channel: channel).channel == channel) }
    #expect(Command(cla: 0x80, ins: 0xE2, p1: 0x91, p2: 0).on(channel: 1).cla == 0x81)
    #expect(Command(cla: 0x80, ins: 0xE2, p1: 0x91, p2: 0).on(channel: 5).cla == 0xC1)
    #expect(!select.on(channel: 5).isSecured)
  }
}
