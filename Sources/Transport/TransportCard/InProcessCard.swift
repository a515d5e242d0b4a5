import APDU
import Transport

/// A link to a software card in the same process.
public final class InProcessCard: CardLink {
  private let card: any CardSide
  private var isPowered = false
  /// Whether the card's clock stands.
  public private(set) var isAsleep = false

  /// A link to `card`, which gets power with the first reset or command.
  public init(_ card: any CardSide) { self.card = card }

  public func transmit(_ command: Command) throws(LinkError) -> Response {
    if !isPowered { _ = try reset() }
    isAsleep = false
    guard let response = Response(bytes: card.respond(command.bytes)) else {
      throw LinkError(.malformed, "the card's answer has no status word")
    }
    return response
  }

  public func sleep() { isAsleep = isPowered }

  public func reset() throws(LinkError) -> [UInt8] {
    isAsleep = false
    if isPowered { return card.reset() }
    isPowered = true
    return card.powerOn()
  }

  /// Takes the power away; the next command or reset gives it back.
  public func powerOff() {
    if isPowered { card.powerOff() }
    (isPowered, isAsleep) = (false, false)
  }
}
