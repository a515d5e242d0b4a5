import TLV

/// A short message of 8-bit data for the card, or from it (3GPP TS 23.040 §9.2.2): SMS-DELIVER or SMS-SUBMIT.
public struct ShortMessage: Hashable, Sendable {
  /// Bytes of user data that a message carries, its header included (§9.2.3.16).
  public static let userDataLimit = 140

  /// Which way it goes.
  public enum Direction: Hashable, Sendable {
    /// To the card: SMS-DELIVER.
    case deliver
    /// From the card: SMS-SUBMIT.
    case submit
  }

  /// Which way it goes.
  public let direction: Direction
  /// Who sent it (TP-OA), or whom it is for (TP-DA).
  public let address: ShortMessageAddress
  /// TP-UDH: what is said before the data.
  public let header: UserDataHeader
  /// The data after the header.
  public let data: [UInt8]

  init(_ direction: Direction, _ address: ShortMessageAddress, header: UserDataHeader, data: [UInt8]) {
    (self.direction, self.address, self.header, self.data) = (direction, address, header, data)
  }

  /// The message or messages that carry `data` after `element`: parts with `reference` where one is not enough. More
  /// than 255 parts are refused with nil.
  public static func messages(
    _ direction: Direction, _ address: ShortMessageAddress, _ element: UserDataHeader.Element, data: [UInt8],
    reference: UInt8
  ) -> [ShortMessage]? {
    let whole = UserDataHeader([element])
    if whole.encoded.count + data.count <= userDataLimit {
      return [ShortMessage(direction, address, header: whole, data: data)]
    }
    // 3GPP TS 31.115 §4.2: the packet's element stands in the first part only.
    func header(_ number: Int, of count: Int) -> UserDataHeader {
      let part = UserDataHeader.Element(0x00, [reference, UInt8(truncatingIfNeeded: count), UInt8(number)])
      return UserDataHeader(number == 1 ? [part, element] : [part])
    }
    let first = userDataLimit - header(1, of: 1).encoded.count
    let other = userDataLimit - header(2, of: 2).encoded.count
    let count = 1 + (data.count - first + other - 1) / other
    guard count <= 255 else { return nil }
    var rest = data[...]
    return (1...count).map { number in
      let piece = rest.prefix(number == 1 ? first : other)
      rest = rest.dropFirst(piece.count)
      return ShortMessage(direction, address, header: header(number, of: count), data: Array(piece))
    }
  }

  /// The message whose TPDU is `bytes`: with a header and 8-bit data (§9.2.2.1, §9.2.2.2).
  public init(_ bytes: [UInt8]) throws(TLVError) {
    var rest = bytes[...]
    guard let first = rest.popFirst() else { throw .truncated }
    // §9.2.3.1: TP-MTI 0 is SMS-DELIVER on its way to the card, 1 SMS-SUBMIT; §9.2.3.23: TP-UDHI.
    guard first & 0x02 == 0, first & 0x40 != 0 else { throw .malformedTag }
    direction = first & 0x01 == 0 ? .deliver : .submit
    // TP-MR, which only SMS-SUBMIT has.
    if direction == .submit { _ = rest.popFirst() }
    address = try ShortMessageAddress(taking: &rest)
    guard rest.popFirst() != nil, let coding = rest.popFirst() else { throw .truncated }
    guard Self.isData(coding) else { throw .malformedLength }
    // §9.2.2.1: TP-SCTS; §9.2.3.3: TP-VPF says how long a TP-VP is.
    let time = direction == .deliver ? 7 : [0x00: 0, 0x10: 1][first & 0x18] ?? 7
    guard rest.count >= time else { throw .truncated }
    rest = rest.dropFirst(time)
    guard let length = rest.popFirst(), rest.count == length, length <= Self.userDataLimit else { throw .truncated }
    header = try UserDataHeader(taking: &rest)
    data = Array(rest)
  }

  /// TS 23.038 §4: 8-bit data.
  private static func isData(_ coding: UInt8) -> Bool { coding & 0xF4 == 0xF4 || coding & 0xEC == 0x04 }

  /// The TPDU. PID 7F is "(U)SIM data download" and DCS F6 8-bit data for the card (3GPP TS 31.115 §4.1).
  public var encoded: [UInt8] {
    let userData = header.encoded + data
    let tail = [UInt8(truncatingIfNeeded: userData.count)] + userData
    switch direction {
    // TP-SCTS is the service centre's; nobody here reads it.
    case .deliver: return [0x40] + address.encoded + [0x7F, 0xF6] + [UInt8](repeating: 0, count: 7) + tail
    case .submit: return [0x41, 0x00] + address.encoded + [0x00, 0xF6] + tail
    }
  }
}
