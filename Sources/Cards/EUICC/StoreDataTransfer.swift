import APDU

/// STORE DATA, which carries the functions of ES10 (SGP.22 §5.7.2; GlobalPlatform Card Specification §11.11).
struct StoreDataTransfer {
  /// INS E2.
  static let instruction: UInt8 = 0xE2
  /// The longest request that is put together: the largest real ones are revocation lists.
  static let limit = 1 << 15

  /// The blocks so far.
  private var data: [UInt8] = []
  /// The number that the next block must have.
  private var nextBlock = 0

  /// Takes the next block; the whole request when it is the last, nil before.
  ///
  /// P1 is 11 for a block that others follow and 91 for the last, P2 counts the blocks from 00.
  mutating func take(_ command: Command) throws(StatusWordError) -> [UInt8]? {
    guard command.cla & 0x80 != 0 else { throw StatusWordError(.classNotSupported) }
    guard command.p1 & 0x7F == 0x11 else { throw StatusWordError(.wrongP1P2) }
    // A first block begins anew, whatever came before.
    if command.p2 == 0 { self = StoreDataTransfer() }
    guard Int(command.p2) == nextBlock, nextBlock < 256 else { throw StatusWordError(.wrongP1P2) }
    guard data.count + command.data.count <= Self.limit else { throw StatusWordError(.notEnoughMemory) }
    data += command.data
    nextBlock += 1
    return command.p1 & 0x80 != 0 ? data : nil
  }
}
