import APDU

extension CardSession {
  /// What every card understands, unless the selected application has its own idea of the instruction.
  static let commands = CommandTable<CardSession>([
    CommandEntry("SELECT", ins: 0xA4, run: select),
    CommandEntry("STATUS", ins: 0xF2, .proprietary, run: status),
    CommandEntry("READ BINARY", ins: 0xB0, run: readBinary),
    CommandEntry("UPDATE BINARY", ins: 0xD6, run: updateBinary),
    CommandEntry("READ RECORD", ins: 0xB2, run: readRecord),
    CommandEntry("UPDATE RECORD", ins: 0xDC, run: updateRecord),
    CommandEntry("SEARCH RECORD", ins: 0xA2, run: searchRecord),
    CommandEntry("INCREASE", ins: 0x32, .proprietary, run: increase),
    CommandEntry("RETRIEVE DATA", ins: 0xCB, .proprietary, run: retrieveData),
    CommandEntry("SET DATA", ins: 0xDB, .proprietary, run: setData),
    CommandEntry("VERIFY PIN", ins: 0x20, run: verifyPIN),
    CommandEntry("CHANGE PIN", ins: 0x24, run: changePIN),
    CommandEntry("DISABLE PIN", ins: 0x26, run: disablePIN),
    CommandEntry("ENABLE PIN", ins: 0x28, run: enablePIN),
    CommandEntry("UNBLOCK PIN", ins: 0x2C, run: unblockPIN),
    CommandEntry("DEACTIVATE FILE", ins: 0x04, run: deactivateFile),
    CommandEntry("ACTIVATE FILE", ins: 0x44, run: activateFile),
    CommandEntry("GET CHALLENGE", ins: 0x84, run: getChallenge),
    CommandEntry("MANAGE CHANNEL", ins: 0x70, run: manageChannel),
    CommandEntry("TERMINAL CAPABILITY", ins: 0xAA, .proprietary, run: terminalCapability),
    CommandEntry("TERMINAL PROFILE", ins: 0x10, .proprietary, run: terminalProfile),
    CommandEntry("FETCH", ins: 0x12, .proprietary, run: fetch),
    CommandEntry("TERMINAL RESPONSE", ins: 0x14, .proprietary, run: terminalResponse),
    CommandEntry("ENVELOPE", ins: 0xC2, .proprietary, run: envelope),
  ])

  /// GET CHALLENGE (ISO/IEC 7816-4 §11.5.3): Le random bytes.
  static func getChallenge(_ session: CardSession, _ exchange: Exchange) throws(StatusWordError) -> Response {
    guard exchange.command.p1 == 0, exchange.command.p2 == 0 else { throw StatusWordError(.wrongP1P2) }
    guard let le = exchange.command.le, le <= 256, exchange.command.data.isEmpty else {
      throw StatusWordError(.wrongLength)
    }
    return Response(exchange.random.bytes(le))
  }
}
