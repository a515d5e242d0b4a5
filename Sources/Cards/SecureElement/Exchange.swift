import APDU
import Bytes
import Identifiers
import UICC

/// One command on its way through the card: what applications and commands read, and what they change.
///
/// Nothing lasts before the command has ended well: then memory is committed, the channel takes its new state and
/// proactive commands are queued. A command that throws leaves no trace, beside what it committed itself.
public final class Exchange {
  /// The command, its chain put together.
  public private(set) var command: Command
  /// The card's memory with this command's changes.
  public let memory: MemoryTransaction
  /// Where random bytes come from.
  public let random: any RandomSource
  let session: CardSession
  let channelNumber: Int
  var channel: Channel

  var proactiveCommands: [ProactiveCommand] = []
  var resetsChannels = false
  var fetches = false
  var endedApplication: FileNumber?
  var closedChannels: Set<Int> = []
  var openedChannels: [Int: Channel] = [:]
  private var visible: FileSystem??

  init(_ command: Command, session: CardSession, channel: Channel, number: Int) {
    (self.command, self.session, self.channel, channelNumber) = (command, session, channel, number)
    memory = MemoryTransaction(over: session.card.memory, capacity: session.card.configuration.memoryCapacity)
    random = session.card.random
  }

  /// Puts in place of a command with secure messaging what it says.
  public func unwrap(as plain: Command) { command = plain }

  // MARK: File systems

  /// The visible file system: what SELECT sees.
  public var fileSystem: FileSystem? {
    if let visible { return visible }
    let found = visibleArea.flatMap { self.fileSystem(in: $0) }
    visible = .some(found)
    return found
  }

  /// The area of the visible file system; nil where none is.
  public var visibleArea: MemoryArea? {
    memory.read(CardItem.visibleArea.key).flatMap { UInt16(bigEndian: $0) }.map(MemoryArea.init(rawValue:))
  }

  /// The file system in `area`, visible or not.
  public func fileSystem(in area: MemoryArea) -> FileSystem? {
    guard let encoded = memory.read(MemoryKey(area, FileSystemItem.tree.number)),
      let tree = session.tree(encoded)
    else { return nil }
    return FileSystem(area: area, tree: tree, memory: memory)
  }

  /// Puts a finished file system into the memory, not visible yet; 6A84 where no area is left.
  public func create(_ image: FileSystemImage) throws(StatusWordError) -> MemoryArea {
    let taken = Set(memory.areas.map(\.rawValue))
    guard let free = MemoryArea.fileSystems.first(where: { !taken.contains($0) }) else {
      throw StatusWordError(.notEnoughMemory)
    }
    let area = MemoryArea(rawValue: free)
    for (item, content) in image.items { memory.write(MemoryKey(area, item), content) }
    return area
  }

  /// Makes another file system visible, or none; PINs count as not verified and the other channels are reset.
  public func show(_ area: MemoryArea?) {
    if let area {
      memory.write(CardItem.visibleArea.key, area.rawValue.bigEndianBytes)
    } else {
      memory.remove(CardItem.visibleArea.key)
    }
    visible = nil
    resetChannels()
  }

  /// Removes the file system in `area` with everything in it; if it was visible, none is any more.
  public func delete(_ area: MemoryArea) {
    memory.removeAll(in: area)
    if visibleArea == area { show(nil) }
  }

  // MARK: The channel

  /// The number of the logical channel, 0 to 19.
  public var channelIndex: Int { channelNumber }

  /// How many commands the card has ended before this one since there is power, on all channels and refused ones too.
  public var endedCommands: Int { session.endedCommands }

  /// The ADF whose application is active on the channel.
  public var currentApplication: FileNumber? { channel.application }

  /// Closes the other channels and ends what is selected on the basic one, when the command has ended well; the
  /// exchange's own channel stays as it is unless it stands in the file system. PINs count as not verified.
  public func resetChannels() { resetsChannels = true }

  // MARK: Proactive commands

  /// Queues a proactive command for the terminal, when this command has ended well. It waits until the terminal has
  /// told its profile (ETSI TS 102 221 §7.4.2) and is forgotten with the power; beyond 16 that wait, it is dropped.
  public func push(_ proactiveCommand: ProactiveCommand) { proactiveCommands.append(proactiveCommand) }

  /// What the terminal told of itself with TERMINAL PROFILE since the card got power.
  public var terminalProfile: TerminalProfile? { session.proactive.terminalProfile }

  // MARK: Security

  /// Whether `pin` is verified, or need not be, for someone in `directory`.
  public func isSatisfied(_ pin: PINReference, in directory: FileNumber) -> Bool {
    guard let fileSystem else { return false }
    return session.security.isSatisfied(pin, in: directory, of: fileSystem)
  }

  /// Whether the current directory is the current application's ADF or stands in it.
  public var isInCurrentApplication: Bool {
    guard channel.place == .files, let application = channel.application, let fileSystem else { return false }
    return fileSystem.tree.application(of: channel.directory) == application
  }

  /// Whether the PIN of the current application is verified, or need not be: the first global one among the ADF's
  /// PINs (ETSI TS 102 221 §9.5.1).
  public var isApplicationPINSatisfied: Bool {
    guard let fileSystem, let application = channel.application else { return false }
    let template = fileSystem.tree[application].parameters.pinStatus ?? fileSystem.tree[.mf].parameters.pinStatus
    let references = template?.entries.map(\.reference) ?? []
    let pin = references.first { !$0.isLocal && !$0.isAdministrative && $0 != .universal } ?? .pin1
    return isSatisfied(pin, in: application)
  }
}

/// What stands where in the card's own area.
enum CardItem: UInt32 {
  case visibleArea = 1

  var key: MemoryKey { MemoryKey(.card, rawValue) }
}
