import Bytes
import CPCSC
import Transport

/// libpcsclite's error codes, as sentences that say what to do.
enum PCSCError {
  /// The code's lower 32 bits: the library's long is wider than they are.
  static func code(_ result: Int) -> UInt32 { UInt32(truncatingIfNeeded: result) }

  static func check(_ result: Int, _ reader: String = "the reader") throws(LinkError) {
    let code = code(result)
    guard code != 0 else { return }
    switch code {
    case 0x8010_001D, 0x8010_001E:  // no service, service stopped
      throw LinkError(.unreachable, "the PC/SC service does not run; start it: systemctl start pcscd, or pcscd")
    case 0x8010_002E:  // no readers available
      throw LinkError(.unreachable, "no card reader is connected; plug one in")
    case 0x8010_0009:  // unknown reader
      throw LinkError(.unreachable, "there is no reader called \"\(reader)\"; see the list of readers")
    case 0x8010_000C:  // no smart card
      throw LinkError(.unreachable, "no card is in \(reader); insert one")
    case 0x8010_000B:  // sharing violation
      throw LinkError(.unreachable, "another program uses the card in \(reader); end it and try again")
    case 0x8010_0027, 0x8010_006A:  // no access, security violation
      throw LinkError(.unreachable, "you may not use \(reader); ask for access to pcscd (polkit) or run as root")
    case 0x8010_0066, 0x8010_0067:  // unresponsive, unpowered
      throw LinkError(.unreachable, "the card in \(reader) does not answer; take it out and insert it the right way up")
    case 0x8010_000F:  // protocol mismatch
      throw LinkError(.unreachable, "the card in \(reader) speaks neither T=0 nor T=1")
    case 0x8010_0069:  // removed
      throw LinkError(.broken, "the card was taken out of \(reader); insert it again")
    case 0x8010_0068:  // reset by another program
      throw LinkError(.broken, "another program reset the card in \(reader); try again")
    case 0x8010_0017:  // reader unavailable
      throw LinkError(.broken, "\(reader) was unplugged; plug it in again")
    default:
      let text = pcsc_stringify_error(result).map { String(cString: $0) } ?? ""
      throw LinkError(.broken, "\(reader) reports an error: \(text) (\([UInt8](code.bigEndianBytes).hex))")
    }
  }
}
