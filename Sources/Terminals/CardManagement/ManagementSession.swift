import APDU
import Bytes
import GlobalPlatform
import Identifiers
import Keys
import SecureChannel
import Transport

/// Why a card's content could not be managed.
public enum ManagementError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The line to the card failed.
  case link(LinkError)
  /// The card refused the command with this status word.
  case refused(String, StatusWord)
  /// The secure channel did not come about, or broke.
  case channel(SCP03Error)
  /// The card's answer is malformed.
  case malformed(CodingError)
  /// The keys at hand cannot be used.
  case keys(KeyError)

  public var description: String {
    switch self {
    case .link(let error): error.description
    case .refused(let what, let status): "the card refuses \(what): \(Self.reason(status)) (\(status))"
    case .channel(let error): "the card and these keys do not go together: \(error)"
    case .malformed(let error): "the card's answer is malformed: \(error)"
    case .keys(let error): error.description
    }
  }

  private static func reason(_ status: StatusWord) -> String {
    switch status {
    case .fileNotFound: "there is no such application"
    case .securityStatus: "there is no secure channel"
    case .conditionsOfUse: "it is not allowed here and now, or not with this token"
    case .notEnoughMemory: "the card or the quota has no room"
    case .referencedDataNotFound: "what it names is not on the card"
    case .wrongData: "the data are wrong"
    case 0x6300: "the keys are others"
    default: "no closer reason"
    }
  }
}

/// A session with a security domain on a card, off the card: the host of GlobalPlatform.
public final class ManagementSession {
  private let channel: TerminalChannel
  private var host: SCP03.Host
  /// What the card said of its keys.
  public let card: SCP03.InitializeUpdateResponse

  /// Selects `domain` on the card behind `link` and opens a secure channel; `keys` finds the card's keys by what it says
  /// of them.
  public init(
    _ link: any CardLink, domain: AID, level: SCP03.SecurityLevel = .full, random: any RandomSource,
    keys: (SCP03.InitializeUpdateResponse) throws(KeyError) -> SCP03.Keys
  ) throws(ManagementError) {
    let channel = TerminalChannel(link)
    func send(_ command: Command, _ name: String) throws(ManagementError) -> [UInt8] {
      let answer: Response
      do { answer = try channel.send(command) } catch { throw .link(error) }
      guard answer.status.isSuccess else { throw .refused(name, answer.status) }
      return answer.data
    }
    _ = try send(Command(cla: 0, ins: 0xA4, p1: 0x04, p2: 0, data: domain.bytes, le: 256), "SELECT \(domain)")
    let challenge = random.bytes(SCP03.Options.usual.macLength)
    let update = SCP03.Host.initializeUpdate(challenge: challenge)
    let data = try send(update, "INITIALIZE UPDATE")
    let card: SCP03.InitializeUpdateResponse
    do { card = try SCP03.InitializeUpdateResponse(bytes: data) } catch { throw .channel(error) }
    let found: SCP03.Keys
    do { found = try keys(card) } catch { throw .keys(error) }
    var host = SCP03.Host(keys: found, challenge: challenge)
    let authenticate: Command
    do { authenticate = try host.externalAuthenticate(data, level: level) } catch { throw .channel(error) }
    _ = try send(authenticate, "EXTERNAL AUTHENTICATE")
    (self.channel, self.host, self.card) = (channel, host, card)
  }

  /// Sends a command through the secure channel; the card's status stands in the answer.
  public func send(_ command: Command) throws(ManagementError) -> Response {
    let wrapped: Command
    do { wrapped = try host.wrap(command) } catch { throw .channel(error) }
    let answer: Response
    do { answer = try channel.send(wrapped) } catch { throw .link(error) }
    do { return try host.unwrap(answer) } catch { throw .channel(error) }
  }

  /// The data of a command's answer; a status that is no success is thrown, with the command's `name`.
  @discardableResult public func call(_ command: Command, _ name: String) throws(ManagementError) -> [UInt8] {
    let answer = try send(command)
    guard answer.status.isSuccess else { throw .refused(name, answer.status) }
    return answer.data
  }

  /// A part of the card's registry, as far as the domain sees it.
  public func registry(_ part: Registry.Part) throws(ManagementError) -> [Registry.Entry] {
    var entries: [Registry.Entry] = []
    var isNext = false
    while true {
      let answer = try send(Registry.status(of: part, isNext: isNext))
      if answer.status == .referencedDataNotFound, !isNext { return [] }
      guard answer.status == .ok || answer.status == 0x6310, entries.count <= 65_536 else {
        throw .refused("GET STATUS", answer.status)
      }
      do { entries += try Registry.entries(answer.data) } catch { throw .malformed(error) }
      guard answer.status == 0x6310 else { return entries }
      isNext = true
    }
  }

  /// Loads a file behind INSTALL [for load]; `progress` is told how many bytes have gone. The card's receipt, if it gives
  /// one.
  public func load(
    _ file: LoadFile, _ install: Install, token: [UInt8] = [], progress: (Int) -> Void = { _ in }
  ) throws(ManagementError) -> Receipt? {
    try call(install.command(token: token), "INSTALL [for load]")
    var sent = 0
    var answer: [UInt8] = []
    for command in file.commands() {
      answer = try call(command, "LOAD")
      sent += command.data.count
      progress(sent)
    }
    return try receipt(answer)
  }

  /// INSTALL in another form than for load.
  public func install(_ install: Install, token: [UInt8] = []) throws(ManagementError) -> Receipt? {
    try receipt(call(install.command(token: token), "INSTALL"))
  }

  /// DELETE.
  public func delete(_ delete: Delete, token: [UInt8] = []) throws(ManagementError) -> Receipt? {
    try receipt(call(delete.command(token: token), "DELETE"))
  }

  private func receipt(_ answer: [UInt8]) throws(ManagementError) -> Receipt? {
    do { return try Receipt.read(answer) } catch { throw .malformed(error) }
  }
}
