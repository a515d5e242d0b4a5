import APDU
import Identifiers
import SecureElement

/// A network access application: the USIM (TS 31.102) or the ISIM (TS 31.103), as the behaviour of its ADFs.
///
/// It keeps no state of its own: keys and sequence numbers stand with the ADF in the card's memory.
public final class NetworkAccessApplication: Application {
  /// Which application of a UICC it is.
  public enum Kind: Sendable {
    /// Universal subscriber identity module: 3G and GSM security context.
    case usim
    /// IP multimedia services identity module: IMS AKA alone.
    case isim

    /// The beginning of its application identifiers: 3GPP's RID and the application code (TS 101 220 Annex E).
    var identifierPrefix: [UInt8] {
      switch self {
      case .usim: [0xA0, 0x00, 0x00, 0x00, 0x87, 0x10, 0x02]
      case .isim: [0xA0, 0x00, 0x00, 0x00, 0x87, 0x10, 0x04]
      }
    }
  }

  /// Which one this is.
  public let kind: Kind

  /// Makes the USIM's behaviour for a card.
  public static let usim: ApplicationMaker = { NetworkAccessApplication(.usim) }
  /// Makes the ISIM's behaviour for a card.
  public static let isim: ApplicationMaker = { NetworkAccessApplication(.isim) }

  /// The behaviour of all ADFs of `kind`.
  public init(_ kind: Kind) { self.kind = kind }

  public func isBehaviour(of aid: AID) -> Bool { aid.matches(partial: kind.identifierPrefix) }

  public func respond(to exchange: Exchange) throws(StatusWordError) -> Response? {
    try Self.commands.run(exchange, by: self)
  }

  private static let commands = CommandTable<NetworkAccessApplication>([
    CommandEntry("AUTHENTICATE", ins: 0x88, run: authenticate),
    CommandEntry("GET IDENTITY", ins: 0x78, .proprietary, run: getIdentity),
  ])
}
