import TLV

/// What the terminal tells the card of its own accord: the data field of ENVELOPE (ETSI TS 102 223 §7).
public struct Envelope: Hashable, Sendable {
  /// What is told, by the BER-TLV tag (ETSI TS 101 220 §7.2).
  public enum Kind: UInt32, Sendable {
    /// D1: a short message for the card.
    case shortMessageDownload = 0xD1
    /// D2: a cell broadcast page for the card.
    case cellBroadcastDownload = 0xD2
    /// D3: the user chose from the card's menu.
    case menuSelection = 0xD3
    /// D4: the terminal asks whether it may call.
    case callControl = 0xD4
    /// D6: an event of the list that the card had set up.
    case eventDownload = 0xD6
    /// D7: a timer ended.
    case timerExpiration = 0xD7
  }

  /// What is told.
  public var kind: Kind
  /// The data objects.
  public var objects: [ComprehensionTLV]

  /// An envelope.
  public init(_ kind: Kind, objects: [ComprehensionTLV]) { (self.kind, self.objects) = (kind, objects) }

  /// The envelope that `bytes` are.
  public init(_ bytes: [UInt8]) throws(TLVError) {
    let element = try TLVElement(bytes)
    guard let kind = Kind(rawValue: element.tag.rawValue) else {
      throw .invalid(element.tag, "an unknown kind of envelope")
    }
    self.init(kind, objects: try ComprehensionTLV.list(element.content))
  }

  /// The data field.
  public var encoded: [UInt8] {
    var writer = TLVWriter()
    writer.write(TLVTag(rawValue: kind.rawValue), bytes: objects.flatMap(\.encoded))
    return writer.bytes
  }
}
