import APDU

/// The terminal's end of the line to a card, synchronous. 61xx and 6Cxx pass through: ``TerminalChannel`` hides them.
public protocol CardLink: AnyObject {
  /// Sends `command` and waits for the answer.
  func transmit(_ command: Command) throws(LinkError) -> Response
  /// Resets the card, or powers it on, and gives its answer to reset (ISO/IEC 7816-3 §8).
  func reset() throws(LinkError) -> [UInt8]
  /// Stops the card's clock until the next command: it keeps what is in its RAM and takes the least current (ISO/IEC 7816-3
  /// §6.3.2).
  func sleep()
}

extension CardLink {
  /// A reader that is not told when to stop the clock stops it by itself, or not.
  public func sleep() {}
}

/// The card's end of the line: what an adapter needs of a software card.
public protocol CardSide: AnyObject {
  /// Power comes; the card gives its answer to reset.
  func powerOn() -> [UInt8]
  /// Power goes.
  func powerOff()
  /// The reset contact is pulled; the card gives its answer to reset.
  func reset() -> [UInt8]
  /// The answer to a command: data and status word.
  func respond(_ apdu: [UInt8]) -> [UInt8]
}
