import APDU
import Bytes
import Identifiers
import Keys
import MutualAgreement
import SecureMessages
import SecureElement
import Store
import Transport
import TransportCard
import UserApparatus

/// A card, its user's terminal, and what a loss of power leaves of the card.
public final class AgreementCard {
  public let name: CardName
  public let power: PowerCutLog
  /// The line between card and terminal, which may break.
  public let link: FragileLine
  public let memory: LogMemory
  /// The durable writes of the user's terminal.
  public let fuse = Fuse()
  /// The user's terminal.
  public private(set) var terminal: UserTerminal
  /// Whether the person agrees to what is asked.
  public final class Person: @unchecked Sendable {
    public var agrees = true
  }
  public let person = Person()

  init(
    _ iccid: ICCID, _ name: CardName, master: Secret, vault: KeyVault, peers: any Peers, registrar: KnownParty,
    store: any Store, random: any RandomSource
  ) throws {
    self.name = name
    power = PowerCutLog(VolatileLog())
    memory = try LogMemory(power)
    try SoftwareManagedCard.make(on: memory, iccid: iccid, master: master, vault: vault, random: random)
    link = FragileLine(InProcessCard(SoftwareManagedCard(memory: memory, vault: vault, random: random)))
    let (person, fuse) = (person, fuse)
    terminal = try UserTerminal(
      card: link, store: store, vault: vault, peers: peers, registrar: registrar,
      issuerDomain: AID(literal: "A000000151000000"), agrees: { _ in person.agrees })
    store.onCommit { try fuse.reach($0 == .before ? .before : .after) }
  }
}

/// A line to a card that breaks at a command of one's choice.
public final class FragileLine: CardLink {
  private let link: any CardLink
  private var remaining: (commands: Int, moment: Fuse.Moment)?
  /// How many commands were sent.
  public private(set) var commands = 0
  /// Lets the card answer; whoever measures it does so around the call.
  public var meter: (() -> Void) -> Void = { $0() }

  /// A line over `link` that holds.
  public init(_ link: any CardLink) { self.link = link }

  /// Breaks at the `number`th command from now, 1 being the next: before the card gets it, or before its answer comes
  /// back; nil: it holds.
  public func cut(atCommand number: Int?, _ moment: Fuse.Moment = .before) { remaining = number.map { ($0, moment) } }

  public func transmit(_ command: Command) throws(LinkError) -> Response {
    commands += 1
    var isBroken = false
    if let (left, moment) = remaining {
      remaining = left > 1 ? (left - 1, moment) : nil
      isBroken = left == 1
      if isBroken, moment == .before { throw LinkError(.broken, "the card was taken out") }
    }
    var result: Result<Response, LinkError> = .failure(LinkError(.broken, "the card says nothing"))
    meter { do throws(LinkError) { result = .success(try link.transmit(command)) } catch { result = .failure(error) } }
    let answer = try result.get()
    if isBroken { throw LinkError(.broken, "the card was taken out") }
    return answer
  }

  public func reset() throws(LinkError) -> [UInt8] { try link.reset() }
}
