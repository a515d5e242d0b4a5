import TLV

/// What stands before the text of a short message (3GPP TS 23.040 §9.2.3.24): information elements of identifier,
/// length and data.
public struct UserDataHeader: Hashable, Sendable {
  /// One piece of information.
  public struct Element: Hashable, Sendable {
    /// What it is about.
    public let identifier: UInt8
    /// Its data.
    public let data: [UInt8]

    /// An element.
    public init(_ identifier: UInt8, _ data: [UInt8] = []) { (self.identifier, self.data) = (identifier, data) }
  }

  /// IEI 70: a command packet follows (3GPP TS 31.115 §4.1).
  public static let commandPacket = Element(0x70)
  /// IEI 71: a response packet follows (3GPP TS 31.115 §4.4).
  public static let responsePacket = Element(0x71)

  /// The elements in their order.
  public var elements: [Element]

  /// A header of `elements`.
  public init(_ elements: [Element]) { self.elements = elements }

  /// Takes the header from the front of `userData`.
  init(taking userData: inout ArraySlice<UInt8>) throws(TLVError) {
    guard let length = userData.popFirst(), userData.count >= length else { throw .truncated }
    var rest = userData.prefix(Int(length))
    userData = userData.dropFirst(Int(length))
    elements = []
    while let identifier = rest.popFirst() {
      guard let size = rest.popFirst(), rest.count >= size else { throw .truncated }
      elements.append(Element(identifier, Array(rest.prefix(Int(size)))))
      rest = rest.dropFirst(Int(size))
    }
  }

  /// Which part of a message this is; nil where the message is whole.
  public var part: Part? {
    elements.lazy.compactMap { element in
      switch (element.identifier, element.data.count) {
      // §9.2.3.24.1 and §9.2.3.24.8: references of 8 and of 16 bits.
      case (0x00, 3): Part(reference: UInt16(element.data[0]), count: element.data[1], number: element.data[2])
      case (0x08, 4):
        Part(
          reference: UInt16(element.data[0]) << 8 | UInt16(element.data[1]), count: element.data[2],
          number: element.data[3])
      default: nil
      }
    }.first
  }

  /// Length and elements.
  var encoded: [UInt8] {
    let body = elements.flatMap { [$0.identifier, UInt8(truncatingIfNeeded: $0.data.count)] + $0.data }
    return [UInt8(truncatingIfNeeded: body.count)] + body
  }

  /// A part of a concatenated message (§9.2.3.24.1).
  public struct Part: Hashable, Sendable {
    /// The same in all parts.
    public let reference: UInt16
    /// How many parts there are, from 1.
    public let count: UInt8
    /// Which one this is, from 1.
    public let number: UInt8

    /// nil where the numbers make no sense: §9.2.3.24.1 wants such an element to be ignored.
    init?(reference: UInt16, count: UInt8, number: UInt8) {
      guard count > 0, (1...count).contains(number) else { return nil }
      (self.reference, self.count, self.number) = (reference, count, number)
    }
  }
}
