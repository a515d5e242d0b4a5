/// Puts the parts of short messages together, whatever their order (3GPP TS 23.040 §9.2.3.24.1). What it remembers is
/// bounded: the oldest unfinished message gives way.
public struct Concatenation: Sendable {
  /// Unfinished messages that are remembered.
  package static let messageLimit = 4
  /// Parts of a message that are put together.
  package static let partLimit: UInt8 = 32

  private struct Pending: Sendable {
    let sender: ShortMessageAddress
    let reference: UInt16
    let count: UInt8
    var parts: [UInt8: ShortMessage]
  }

  private var pending: [Pending] = []

  /// Nothing has come yet.
  public init() {}

  /// Takes a message: its first element and all the data, once all parts are there; nil before. A part that came
  /// before is ignored, a part that contradicts the others begins anew, and a message of too many parts is dropped.
  public mutating func take(_ message: ShortMessage) -> (header: UserDataHeader, data: [UInt8])? {
    guard let part = message.header.part else { return (message.header, message.data) }
    guard part.count <= Self.partLimit else { return nil }
    var whole =
      pending.firstIndex { $0.sender == message.address && $0.reference == part.reference && $0.count == part.count }
      .map { pending.remove(at: $0) }
      ?? Pending(sender: message.address, reference: part.reference, count: part.count, parts: [:])
    if let known = whole.parts[part.number], known != message { whole.parts = [:] }
    whole.parts[part.number] = message
    guard whole.parts.count == Int(part.count), let first = whole.parts[1] else {
      pending.append(whole)
      if pending.count > Self.messageLimit { pending.removeFirst() }
      return nil
    }
    let header = UserDataHeader(first.header.elements.filter { $0.identifier != 0x00 && $0.identifier != 0x08 })
    return (header, (1...part.count).flatMap { whole.parts[$0]?.data ?? [] })
  }
}
