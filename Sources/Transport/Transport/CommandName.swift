import APDU
import Bytes

/// What commands and status words are called, for people.
enum CommandName {
  private static let names: [UInt8: String] = [
    0x04: "DEACTIVATE FILE", 0x10: "TERMINAL PROFILE", 0x12: "FETCH", 0x14: "TERMINAL RESPONSE", 0x20: "VERIFY PIN",
    0x24: "CHANGE PIN", 0x26: "DISABLE PIN", 0x28: "ENABLE PIN", 0x2C: "UNBLOCK PIN", 0x32: "INCREASE",
    0x44: "ACTIVATE FILE", 0x50: "INITIALIZE UPDATE", 0x70: "MANAGE CHANNEL", 0x82: "EXTERNAL AUTHENTICATE",
    0x84: "GET CHALLENGE", 0x88: "AUTHENTICATE", 0x89: "AUTHENTICATE", 0xA2: "SEARCH RECORD", 0xA4: "SELECT",
    0xAA: "TERMINAL CAPABILITY", 0xB0: "READ BINARY", 0xB2: "READ RECORD", 0xC0: "GET RESPONSE", 0xC2: "ENVELOPE",
    0xCA: "GET DATA", 0xCB: "RETRIEVE DATA", 0xD6: "UPDATE BINARY", 0xDB: "SET DATA", 0xDC: "UPDATE RECORD",
    0xD8: "PUT KEY", 0xE2: "STORE DATA", 0xE4: "DELETE", 0xE6: "INSTALL", 0xE8: "LOAD", 0xF2: "STATUS",
  ]

  static func name(_ command: Command) -> String {
    let name = names[command.ins] ?? "command \([command.ins].hex)"
    return command.channel == 0 ? name : "\(name) on channel \(command.channel)"
  }

  static func isStoreData(_ command: Command) -> Bool { command.ins == 0xE2 && command.cla & 0x80 != 0 }

  /// PINs go to the card in VERIFY, CHANGE, DISABLE, ENABLE and UNBLOCK.
  static func carriesSecret(_ command: Command) -> Bool {
    [0x20, 0x24, 0x26, 0x28, 0x2C].contains(command.ins) && !command.data.isEmpty
  }

  /// Session keys come from the card in AUTHENTICATE.
  static func answersSecret(_ command: Command) -> Bool { [0x88, 0x89].contains(command.ins) }

  static func meaning(_ status: StatusWord) -> String {
    let low = status.rawValue & 0xFF
    switch status.rawValue {
    case 0x9000: return "(done)"
    case 0x9100...0x91FF: return "(done; a proactive command of \(low) bytes waits)"
    case 0x6100...0x61FF: return "(\(low == 0 ? 256 : low) bytes wait)"
    case 0x6C00...0x6CFF: return "(Le is \(low == 0 ? 256 : low))"
    case 0x63C0...0x63CF: return "(verification failed, \(low & 0x0F) tries left)"
    case StatusWord.wrongLength.rawValue: return "(wrong length)"
    case StatusWord.securityStatus.rawValue: return "(security status not satisfied)"
    case StatusWord.blocked.rawValue: return "(blocked)"
    case StatusWord.conditionsOfUse.rawValue: return "(conditions of use not satisfied)"
    case StatusWord.wrongData.rawValue: return "(incorrect data)"
    case StatusWord.fileNotFound.rawValue: return "(file or application not found)"
    case StatusWord.notEnoughMemory.rawValue: return "(not enough memory)"
    case StatusWord.wrongP1P2.rawValue: return "(incorrect P1 or P2)"
    case StatusWord.referencedDataNotFound.rawValue: return "(referenced data not found)"
    case StatusWord.instructionNotSupported.rawValue: return "(instruction not supported)"
    case StatusWord.classNotSupported.rawValue: return "(class not supported)"
    default: return ""
    }
  }
}
