import SecureMessages
import TLV

/// The way to the other parties. Doors connect it.
public protocol Peers: Sendable {
  /// The peer's answer to a message; throws where it cannot be reached or does not answer, and leaves open then whether
  /// it took the message.
  func send(_ message: [UInt8], to peer: Party) throws -> [UInt8]
}

extension Peers {
  /// The peer's answer as a `Message`; a refusal of the peer is thrown as it came, no answer as
  /// ``AgreementRefusal/noAnswer``.
  public func ask<Answer: TLVMessage>(
    _ message: [UInt8], of peer: Party, for type: Answer.Type = Answer.self
  ) throws(AgreementRefusal) -> Answer {
    let bytes: [UInt8]
    do { bytes = try send(message, to: peer) } catch { throw .noAnswer }
    if let refused = try? Refused(encoded: bytes) { throw refused.reason }
    do { return try Answer(encoded: bytes) } catch { throw .malformed }
  }
}
