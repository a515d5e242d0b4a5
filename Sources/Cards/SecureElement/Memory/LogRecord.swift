import Bytes

/// One commit in a card's log: magic, sequence number, length, checksum, then the changes.
package struct LogRecord {
  /// Bytes before the payload.
  static let headerLength = 16
  private static let magic: [UInt8] = [0x53, 0x49, 0x4D, 0x52]

  /// Counts the commits from the log's first.
  let sequence: UInt32
  /// The changes, encoded.
  let payload: ArraySlice<UInt8>

  /// The record of `changes` as it stands in the log.
  static func encode(_ changes: [MemoryChange], sequence: UInt32) -> [UInt8] {
    var payload: [UInt8] = []
    for change in changes { change.encode(to: &payload) }
    return framed(payload, sequence: sequence)
  }

  /// The record with `payload`, whatever that says.
  package static func framed(_ payload: [UInt8], sequence: UInt32) -> [UInt8] {
    let head = magic + sequence.bigEndianBytes + UInt32(payload.count).bigEndianBytes
    return head + CRC32C.of(head, payload).bigEndianBytes + payload
  }

  /// The record at `offset` of `log`, if a whole and undamaged one stands there.
  init?(_ log: [UInt8], at offset: Int) {
    guard log.count - offset >= Self.headerLength, log[offset...].starts(with: Self.magic),
      let sequence = UInt32(bigEndian: log[offset + 4..<offset + 8]),
      let length = UInt32(bigEndian: log[offset + 8..<offset + 12]),
      let checksum = UInt32(bigEndian: log[offset + 12..<offset + 16]),
      log.count - offset - Self.headerLength >= Int(length)
    else { return nil }
    let start = offset + Self.headerLength
    let payload = log[start..<start + Int(length)]
    guard CRC32C.of(log[offset..<offset + 12], payload) == checksum else { return nil }
    (self.sequence, self.payload) = (sequence, payload)
  }

  /// Whether a whole record stands anywhere in `log` from `offset` on.
  static func isAnywhere(in log: [UInt8], from offset: Int) -> Bool {
    var index = offset
    while index + headerLength <= log.count {
      if log[index] == magic[0], LogRecord(log, at: index) != nil { return true }
      index += 1
    }
    return false
  }
}

/// Castagnoli's CRC of 32 bits.
enum CRC32C {
  private static let table: [UInt32] = (0..<256).map { byte in
    (0..<8).reduce(UInt32(byte)) { crc, _ in crc & 1 != 0 ? 0x82F6_3B78 ^ crc >> 1 : crc >> 1 }
  }

  static func of(_ parts: some Collection<UInt8>, _ more: some Collection<UInt8>) -> UInt32 {
    var crc: UInt32 = .max
    for byte in parts { crc = table[Int(UInt8(truncatingIfNeeded: crc) ^ byte)] ^ crc >> 8 }
    for byte in more { crc = table[Int(UInt8(truncatingIfNeeded: crc) ^ byte)] ^ crc >> 8 }
    return ~crc
  }
}
