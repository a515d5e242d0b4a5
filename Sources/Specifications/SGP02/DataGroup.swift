import Bytes
import GlobalPlatform
import TLV

/// A data grouping in STORE DATA (GlobalPlatform Card Specification 2.3 §11.11.2.3): two bytes of identifier, a length of
/// one byte or of FF and two, the data.
struct DataGroup: Hashable, Sendable {
  /// The identifiers of SGP.02 §4.1, and of ours.
  enum Identifier {
    static let certificate: UInt16 = 0x3A01
    static let keySet: UInt16 = 0x3A02
    static let enableProfile: UInt16 = 0x3A03
    static let disableProfile: UInt16 = 0x3A04
    static let setFallbackAttribute: UInt16 = 0x3A05
    static let connectivity: UInt16 = 0x3A07
    static let confirmNotification: UInt16 = 0x3A08
    static let publicKey: UInt16 = 0x7F49
    static let signature: UInt16 = 0x5F37
    /// The challenge in what is signed.
    static let challenge: UInt16 = 0x0085
    /// *Ours*: a proof of identity is wanted.
    static let proveIdentity: UInt16 = 0x3A70
    /// *Ours*: a key for agreement is wanted.
    static let makeKey: UInt16 = 0x3A71
  }

  let identifier: UInt16
  let data: [UInt8]

  init(_ identifier: UInt16, _ data: [UInt8]) { (self.identifier, self.data) = (identifier, data) }

  var encoded: [UInt8] {
    let length =
      data.count < 0xFF ? [UInt8(data.count)] : [0xFF] + UInt16(truncatingIfNeeded: data.count).bigEndianBytes
    return identifier.bigEndianBytes + length + data
  }

  /// The groupings that `bytes` consist of.
  static func list(_ bytes: [UInt8]) throws(TLVError) -> [DataGroup] {
    var rest = bytes[...]
    var list: [DataGroup] = []
    while !rest.isEmpty {
      guard let identifier = UInt16(bigEndian: rest.prefix(2)), rest.count >= 3 else { throw .truncated }
      rest = rest.dropFirst(2)
      var length = Int(rest.removeFirst())
      if length == 0xFF {
        guard let long = UInt16(bigEndian: rest.prefix(2)), rest.count >= 2 else { throw .truncated }
        length = Int(long)
        rest = rest.dropFirst(2)
      }
      guard rest.count >= length else { throw .truncated }
      list.append(DataGroup(identifier, Array(rest.prefix(length))))
      rest = rest.dropFirst(length)
    }
    return list
  }
}
