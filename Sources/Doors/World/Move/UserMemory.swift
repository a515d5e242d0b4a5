import APDU
import ProfilePackage
import Transport

/// What a user keeps in a SIM: an entry of the phone book and a short message, as a terminal writes and reads them.
struct UserMemory: Equatable {
  /// EF.ADN (TS 31.102 §4.4.2.3): name, number; 30 bytes.
  let contact: [UInt8]
  /// EF.SMS (TS 31.102 §4.2.25): status, TPDU; 176 bytes.
  let message: [UInt8]

  static let example = UserMemory(
    contact: padded(Array("Grandmother".utf8), 16) + padded([0x06, 0x91, 0x94, 0x71, 0x32, 0x54, 0x76], 14),
    message: padded([0x01, 0x07, 0x91, 0x94, 0x71, 0x06, 0x00, 0x40, 0x34], 176))

  private static func padded(_ bytes: [UInt8], _ size: Int) -> [UInt8] {
    bytes + [UInt8](repeating: 0xFF, count: size - bytes.count)
  }

  /// Writes it as the second entry and the first message.
  func write(over link: any CardLink) throws {
    let channel = TerminalChannel(link)
    try Self.selectContacts(channel)
    try Self.check(channel.send(Command(cla: 0x00, ins: 0xDC, p1: 2, p2: 0x04, data: contact)))
    try Self.selectMessages(channel)
    try Self.check(channel.send(Command(cla: 0x00, ins: 0xDC, p1: 1, p2: 0x04, data: message)))
  }

  /// What stands there.
  static func read(over link: any CardLink) throws -> UserMemory {
    _ = try link.reset()
    let channel = TerminalChannel(link)
    try selectContacts(channel)
    let contact = try check(channel.send(Command(cla: 0x00, ins: 0xB2, p1: 2, p2: 0x04, le: 30)))
    try selectMessages(channel)
    return UserMemory(
      contact: contact, message: try check(channel.send(Command(cla: 0x00, ins: 0xB2, p1: 1, p2: 0x04, le: 176))))
  }

  private static func selectContacts(_ channel: TerminalChannel) throws {
    try check(
      channel.send(
        Command(cla: 0x00, ins: 0xA4, p1: 0x08, p2: 0x04, data: [0x7F, 0x10, 0x5F, 0x3A, 0x4F, 0x58])))
  }

  private static func selectMessages(_ channel: TerminalChannel) throws {
    try check(channel.send(Command(cla: 0x00, ins: 0xA4, p1: 0x04, p2: 0x04, data: BaseProfile.usimAID.bytes)))
    try check(channel.send(Command(cla: 0x00, ins: 0xA4, p1: 0x00, p2: 0x04, data: [0x6F, 0x3C])))
  }

  @discardableResult private static func check(_ response: Response) throws -> [UInt8] {
    guard response.status.isSuccess else { throw NetworkAttachment.Refusal.card(response.status) }
    return response.data
  }
}
