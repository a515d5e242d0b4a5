import Bytes
import SGP22
import TLV
import TestSupport
import Testing

@Suite("lpac's commands", .enabled(if: Vectors.exist, Vectors.missing)) struct LPACCommandTests {
  /// The data of each STORE DATA sequence in a recording.
  private func commands(_ file: String) throws -> [[UInt8]] {
    var commands: [[UInt8]] = []
    var data: [UInt8] = []
    for line in try Vectors.text("sessions/lpac/\(file).txt").split(separator: "\n") where line.hasPrefix("C ") {
      let apdu = try [UInt8](hex: line.dropFirst(2))
      guard apdu.count > 5, apdu[1] == 0xE2 else { continue }
      data += apdu[5...]
      if apdu[2] == 0x91 {
        commands.append(data)
        data = []
      }
    }
    return commands
  }

  private func reencode(_ bytes: [UInt8]) throws -> [UInt8] {
    switch try TLVElement(bytes).tag {
    case 0xBF20: try ES10b.GetEUICCInfo1.Request(encoded: bytes).encoded
    case 0xBF22: try ES10b.GetEUICCInfo2.Request(encoded: bytes).encoded
    case 0xBF21: try ES10b.PrepareDownload.Request(encoded: bytes).encoded
    case 0xBF28: try ES10b.ListNotification.Request(encoded: bytes).encoded
    case 0xBF29: try ES10c.SetNickname.Request(encoded: bytes).encoded
    case 0xBF2B: try ES10b.RetrieveNotificationsList.Request(encoded: bytes).encoded
    case 0xBF2D: try ES10c.GetProfilesInfo.Request(encoded: bytes).encoded
    case 0xBF2E: try ES10b.GetEUICCChallenge.Request(encoded: bytes).encoded
    case 0xBF30: try ES10b.RemoveNotificationFromList.Request(encoded: bytes).encoded
    case 0xBF31: try ES10c.EnableProfile.Request(encoded: bytes).encoded
    case 0xBF32: try ES10c.DisableProfile.Request(encoded: bytes).encoded
    case 0xBF33: try ES10c.DeleteProfile.Request(encoded: bytes).encoded
    case 0xBF34: try ES10c.EuiccMemoryReset.Request(encoded: bytes).encoded
    case 0xBF38: try ES10b.AuthenticateServer.Request(encoded: bytes).encoded
    case 0xBF3C: try ES10a.GetEuiccConfiguredAddresses.Request(encoded: bytes).encoded
    case 0xBF3E: try ES10c.GetEID.Request(encoded: bytes).encoded
    case 0xBF3F: try ES10a.SetDefaultDpAddress.Request(encoded: bytes).encoded
    case 0xBF43: try ES10b.GetRAT.Request(encoded: bytes).encoded
    case let tag: throw TLVError.missing(wanted: 0xBF20, found: tag)
    }
  }

  @Test(
    "are read, and written to the same bytes",
    arguments: [
      "01-chip-info", "02-profile-list", "04-profile-enable", "05-notification-list", "06-profile-disable",
      "07-profile-nickname", "08-chip-defaultsmdp", "09-profile-delete", "10-notification-process", "11-chip-purge",
    ]) func decode(file: String) throws
  {
    let commands = try commands(file)
    for command in commands { #expect(try reencode(command).hex == command.hex) }
    #expect(!commands.isEmpty)
  }

  @Test("of a download are read; its package comes in the pieces of §2.5.5") func download() throws {
    let commands = try commands("03-profile-download")
    let begin = try #require(commands.firstIndex { $0.starts(with: [0xBF, 0x36]) })
    for command in commands[..<begin] { #expect(try reencode(command).hex == command.hex) }
    let package = try Verbatim<BoundProfilePackage>(TLVElement(commands[begin...].flatMap(\.self)))
    #expect(package.segments.map(\.hex) == commands[begin...].map(\.hex))
  }
}
