import APDU
import UICC

/// Everything a card knows only while it has power.
final class CardSession {
  unowned let card: Card
  let applications: [any Application]
  private(set) var channels: [Channel?]
  var security = Security()
  var proactive = ProactiveQueue()
  /// How many commands have ended since there is power, refused ones too; a chain is one command, GET RESPONSE none.
  private(set) var endedCommands = 0
  private var lastTree: (encoded: [UInt8], tree: FileTree)?

  init(card: Card) {
    self.card = card
    applications = card.makers.map { $0() }
    channels = [Channel()]
  }

  /// Lets the applications do what they do at power on; false where the memory fails.
  func start() -> Bool {
    for application in applications {
      let exchange = Exchange(Command(cla: 0, ins: 0, p1: 0, p2: 0), session: self, channel: Channel(), number: 0)
      do {
        try application.powerOn(in: exchange)
        try exchange.memory.commit()
        proactive.push(exchange.proactiveCommands)
      } catch {
        if exchange.memory.failure != nil { return false }
      }
    }
    return true
  }

  /// The answer to a command; nil where the card lost its power in it.
  func respond(_ apdu: [UInt8]) -> Response? {
    do {
      let command = try Command(bytes: apdu)
      return try respond(command)
    } catch {
      endedCommands += 1
      return Response([], error.status)
    }
  }

  private func respond(_ command: Command) throws(StatusWordError) -> Response? {
    try Self.checkClass(command.cla)
    let number = command.channel
    if command.isSecured {
      guard number < channels.count, case .application(let index)? = channels[number]?.place,
        applications[index].takesSecuredCommands
      else { throw StatusWordError(.secureMessagingNotSupported) }
      // Each command has a MAC of its own, which a chain put together would not have.
      guard !command.isChained else { throw StatusWordError(.chainingNotSupported) }
    }
    guard number < channels.count, var channel = channels[number] else {
      throw StatusWordError(.channelNotSupported)
    }
    let pending = channel.pending
    channel.pending = nil
    if command.ins == 0xC0 {
      channels[number]?.chain = nil
      let (response, rest) = try Self.continueResponse(pending, command)
      channels[number]?.pending = rest
      return Response(response.data, proactive.ending(response.status))
    }
    channels[number]?.pending = nil
    // TS 102 221 §11.3: any other command ends the transfer of a data object.
    if let transfer = channel.transfer, command.ins != (transfer.isIncoming ? 0xDB : 0xCB) {
      channel.transfer = nil
      channels[number]?.transfer = nil
    }
    guard let whole = try assemble(command, on: number) else { return Response() }
    channel.chain = nil
    let exchange = Exchange(whole, session: self, channel: channel, number: number)
    do {
      let response = try run(exchange)
      try Self.checkLe(whole, response)
      try exchange.memory.commit()
      return finish(exchange, response)
    } catch {
      if exchange.memory.failure == .powerCut { return nil }
      throw error
    }
  }

  /// ETSI TS 102 221 §10.1.1: classes 0X, 4X, 6X (interindustry) and 8X, CX, EX; bit 5 is command chaining.
  private static func checkClass(_ cla: UInt8) throws(StatusWordError) {
    guard cla != 0xFF, cla & 0xE0 != 0x20, cla & 0xE0 != 0xA0 else { throw StatusWordError(.classNotSupported) }
  }

  /// ETSI TS 102 221 §7.3.1.1.5: a command without data that asks for another number of bytes than there are is
  /// answered with 6Cxx and has no effect; Le 00 asks for what there is.
  private static func checkLe(_ command: Command, _ response: Response) throws(StatusWordError) {
    let count = response.data.count
    guard count > 0, command.data.isEmpty, let le = command.le, le < 256, le != count else { return }
    throw StatusWordError(.wrongLe(count))
  }

  // MARK: Chaining

  /// The most bytes that a chain of commands may bring together.
  private static let longestChain = 65_535

  /// The command with the data of its chain; nil while more is to come (ISO/IEC 7816-4 §5.3.3).
  private func assemble(_ command: Command, on number: Int) throws(StatusWordError) -> Command? {
    let chain = channels[number]?.chain
    channels[number]?.chain = nil
    var whole = command
    whole.cla &= ~0x10
    if let chain {
      guard chain.ins == command.ins, chain.p1 == command.p1, chain.p2 == command.p2, chain.cla == whole.cla else {
        // §5.3.3: 6883: the chain ended without its last command.
        if command.isChained { throw StatusWordError(.lastOfChainExpected) }
        return whole
      }
      guard chain.data.count + command.data.count <= Self.longestChain else { throw StatusWordError(.wrongLength) }
      whole.data = chain.data + command.data
    }
    guard command.isChained else { return whole }
    channels[number]?.chain = whole
    return nil
  }

  // MARK: Carrying out

  private func run(_ exchange: Exchange) throws(StatusWordError) -> Response {
    if let application = application(of: exchange), let response = try application.respond(to: exchange) {
      return response
    }
    guard let response = try Self.commands.run(exchange, by: self) else {
      throw StatusWordError(.instructionNotSupported)
    }
    return response
  }

  /// The application that gets the channel's commands first.
  private func application(of exchange: Exchange) -> (any Application)? {
    switch exchange.channel.place {
    case .application(let index): return applications[index]
    case .files:
      guard let file = exchange.channel.application, let aid = exchange.fileSystem?.tree[file].aid else { return nil }
      return applications.first { $0.isBehaviour(of: aid) }
    }
  }

  /// The decoded structure; that of the last one asked for is at hand.
  func tree(_ encoded: [UInt8]) -> FileTree? {
    if let lastTree, lastTree.encoded == encoded { return lastTree.tree }
    guard let tree = ContentPool.shared.tree(encoded) else { return nil }
    lastTree = (encoded, tree)
    return tree
  }

  // MARK: Ending

  /// Takes over what the command changed and shapes its answer.
  private func finish(_ exchange: Exchange, _ response: Response) -> Response {
    endedCommands += 1
    let number = exchange.channelNumber
    let before = channels
    channels[number] = exchange.channel
    for (opened, channel) in exchange.openedChannels { open(opened, channel) }
    for closed in exchange.closedChannels { channels[closed] = nil }
    if exchange.resetsChannels { resetChannels(except: number) }
    for (index, channel) in before.enumerated() {
      guard case .application(let application)? = channel?.place, channels[index]?.place != channel?.place else {
        continue
      }
      applications[application].deselected(on: index)
    }
    if let ended = exchange.endedApplication, let tree = lastTree?.tree, !hasSession(of: ended) {
      security.endSession(of: ended, in: tree)
    }
    if exchange.fetches { proactive.fetch() }
    proactive.push(exchange.proactiveCommands)
    let (data, command) = (response.data, exchange.command)
    guard !data.isEmpty else { return Response([], proactive.ending(response.status)) }
    let now = min(command.le ?? 0, data.count)
    guard now < data.count else { return Response(data, proactive.ending(response.status)) }
    // ETSI TS 102 221 §7.3.1.1.4: without Le, or beyond it, the data wait for GET RESPONSE.
    channels[number]?.pending = Channel.Pending(data: data.dropFirst(now), status: response.status)
    return Response(Array(data.prefix(now)), .more(data.count - now))
  }

  /// GET RESPONSE (ISO/IEC 7816-4 §11.8): the answer and what still waits after it.
  private static func continueResponse(
    _ pending: Channel.Pending?, _ command: Command
  ) throws(StatusWordError) -> (Response, Channel.Pending?) {
    guard command.p1 == 0, command.p2 == 0 else { throw StatusWordError(.wrongP1P2) }
    guard command.data.isEmpty, var pending else { throw StatusWordError(.conditionsOfUse) }
    let wanted = command.le ?? 256
    if wanted != 256, wanted > pending.data.count {
      // 6Cxx leaves the data where they are.
      return (Response([], .wrongLe(pending.data.count)), pending)
    }
    let data = Array(pending.data.prefix(wanted))
    pending.data = pending.data.dropFirst(data.count)
    return pending.data.isEmpty
      ? (Response(data, pending.status), nil) : (Response(data, .more(pending.data.count)), pending)
  }

  private func open(_ number: Int, _ channel: Channel) {
    while channels.count <= number { channels.append(nil) }
    channels[number] = channel
  }

  /// Closes all channels but the basic one and `number`, and ends what is selected in the file system.
  private func resetChannels(except number: Int) {
    security = Security()
    for index in channels.indices where channels[index] != nil {
      if index == number, channels[index]?.place != .files { continue }
      channels[index] = index == 0 || index == number ? Channel() : nil
    }
  }

  /// Whether an open channel has a session of the ADF `application`.
  private func hasSession(of application: FileNumber) -> Bool {
    channels.contains { $0?.place == .files && $0?.application == application }
  }
}
