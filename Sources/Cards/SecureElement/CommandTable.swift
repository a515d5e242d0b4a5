import APDU

/// One command of a card or an application.
public struct CommandEntry<Owner>: Sendable {
  /// Which class bytes a command is defined with; channel, chaining and messaging bits are dealt with before.
  public enum Classes: Sendable {
    /// 0X, 4X, 6X: ISO/IEC 7816-4.
    case interindustry
    /// 8X, CX, EX: ETSI and GlobalPlatform.
    case proprietary
    /// Both.
    case any
  }

  /// What runs the command: its owner and the exchange in, the answer out.
  public typealias Run = @Sendable (Owner, Exchange) throws(StatusWordError) -> Response

  /// The command's name in its specification.
  public let name: String
  /// The instruction byte.
  public let ins: UInt8
  /// The classes it is defined with.
  public let classes: Classes
  let run: Run

  /// The command `name`.
  public init(_ name: String, ins: UInt8, _ classes: Classes = .interindustry, run: @escaping Run) {
    (self.name, self.ins, self.classes, self.run) = (name, ins, classes, run)
  }
}

/// Commands by their instruction byte.
public struct CommandTable<Owner>: Sendable {
  private let entries: [CommandEntry<Owner>?]

  /// A table of `entries`, one for each instruction.
  public init(_ entries: [CommandEntry<Owner>]) {
    var table = [CommandEntry<Owner>?](repeating: nil, count: 256)
    for entry in entries { table[Int(entry.ins)] = entry }
    self.entries = table
  }

  /// The command with this instruction byte.
  public subscript(ins: UInt8) -> CommandEntry<Owner>? { entries[Int(ins)] }

  /// Runs the exchange's command; nil where the table does not have it, 6E00 where its class is another.
  public func run(_ exchange: Exchange, by owner: Owner) throws(StatusWordError) -> Response? {
    guard let entry = self[exchange.command.ins] else { return nil }
    let isProprietary = exchange.command.cla & 0x80 != 0
    switch entry.classes {
    case .interindustry where isProprietary, .proprietary where !isProprietary:
      throw StatusWordError(.classNotSupported)
    default: return try entry.run(owner, exchange)
    }
  }
}
