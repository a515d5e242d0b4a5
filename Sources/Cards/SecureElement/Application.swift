import APDU
import Identifiers
import UICC

/// Makes an application for a card, each time the card gets power: what the application keeps in its own variables is
/// lost with the power, what it writes through the exchange's memory stays.
public typealias ApplicationMaker = @Sendable () -> any Application

/// An application on the card.
///
/// It is selected by an identifier of its own (like the ISD-R), or it is the behaviour of ADFs in the visible file
/// system (like the USIM). While it is selected on a channel, it gets the channel's commands first; what it passes by
/// answering nil, the card's own command table carries out.
public protocol Application: AnyObject {
  /// The identifiers under which the application can be selected now, beside the ADFs of the visible file system.
  func identifiers(in exchange: Exchange) -> [AID]

  /// Whether ADFs with this identifier behave as this application says.
  func isBehaviour(of aid: AID) -> Bool

  /// Whether SELECT by name without a name selects this application (GlobalPlatform Card Specification §11.9.2.3).
  var isSelectedWithoutName: Bool { get }

  /// Whether the application takes commands with secure messaging, and unwraps them itself; without it the card refuses
  /// them with 6882.
  var takesSecuredCommands: Bool { get }

  /// The application is selected on the exchange's channel; the answer is the FCI. For an ADF the card answers with
  /// the ADF's parameters instead.
  func select(_ aid: AID, in exchange: Exchange) throws(StatusWordError) -> [UInt8]

  /// The channel was closed or reset, or something that is not this application's was selected on it.
  func deselected(on channel: Int)

  /// A command on a channel where the application is selected; nil leaves it to the card.
  func respond(to exchange: Exchange) throws(StatusWordError) -> Response?

  /// The card got power or was reset. What the application changes in memory is committed together.
  func powerOn(in exchange: Exchange) throws(StatusWordError)

  /// The terminal answered a proactive command (ETSI TS 102 223 §6.8).
  func received(_ answer: TerminalAnswer, in exchange: Exchange) throws(StatusWordError)

  /// An ENVELOPE (ETSI TS 102 223 §7), on any channel; nil leaves it to the next application.
  func envelope(_ envelope: Envelope, in exchange: Exchange) throws(StatusWordError) -> Response?
}

extension Application {
  public func identifiers(in exchange: Exchange) -> [AID] { [] }
  public func isBehaviour(of aid: AID) -> Bool { false }
  public var isSelectedWithoutName: Bool { false }
  public var takesSecuredCommands: Bool { false }
  public func select(_ aid: AID, in exchange: Exchange) throws(StatusWordError) -> [UInt8] { [] }
  public func deselected(on channel: Int) {}
  public func respond(to exchange: Exchange) throws(StatusWordError) -> Response? { nil }
  public func powerOn(in exchange: Exchange) throws(StatusWordError) {}
  public func received(_ answer: TerminalAnswer, in exchange: Exchange) throws(StatusWordError) {}
  public func envelope(_ envelope: Envelope, in exchange: Exchange) throws(StatusWordError) -> Response? { nil }
}

/// What the terminal did with a proactive command.
public struct TerminalAnswer: Hashable, Sendable {
  /// The proactive command that the terminal fetched.
  public let command: ProactiveCommand
  /// What it says of it.
  public let response: TerminalResponse
}
