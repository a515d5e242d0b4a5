import Bytes

/// A command to a card (ISO/IEC 7816-4 §5.1).
public struct Command: Hashable, Sendable, CustomStringConvertible {
  /// Class byte: secure messaging, chaining and logical channel.
  public var cla: UInt8
  /// Instruction.
  public var ins: UInt8
  /// First parameter.
  public var p1: UInt8
  /// Second parameter.
  public var p2: UInt8
  /// Data field, at most 65,535 bytes; empty where there is none.
  public var data: [UInt8]
  /// How many bytes are wanted at most (256 is written 00); nil where no Le is sent.
  public var le: Int?

  /// A command in the terms of ISO/IEC 7816-4.
  public init(cla: UInt8, ins: UInt8, p1: UInt8, p2: UInt8, data: [UInt8] = [], le: Int? = nil) {
    (self.cla, self.ins, self.p1, self.p2, self.data, self.le) = (cla, ins, p1, p2, data, le)
  }

  /// The command that `bytes` writes, in short or extended form; the refusal is 6700.
  public init(bytes: some Collection<UInt8>) throws(StatusWordError) {
    let b = Array(bytes)
    guard b.count >= 4 else { throw StatusWordError(.wrongLength) }
    self.init(cla: b[0], ins: b[1], p1: b[2], p2: b[3])
    let body = b[4...]
    func length(_ high: UInt8, _ low: UInt8) -> Int { Int(high) << 8 | Int(low) }
    switch body.count {
    case 0: break
    case 1: le = body[4] == 0 ? 256 : Int(body[4])
    case 3 where body[4] == 0:
      le = length(body[5], body[6]) == 0 ? 65_536 : length(body[5], body[6])
    default:
      let extended = body[4] == 0
      guard !extended || body.count >= 4 else { throw StatusWordError(.wrongLength) }
      let lc = extended ? length(body[5], body[6]) : Int(body[4])
      let rest = body.dropFirst(extended ? 3 : 1)
      guard lc > 0, rest.count >= lc else { throw StatusWordError(.wrongLength) }
      data = Array(rest.prefix(lc))
      let tail = Array(rest.dropFirst(lc))
      switch tail.count {
      case 0: break
      case 1 where !extended: le = tail[0] == 0 ? 256 : Int(tail[0])
      case 2 where extended: le = length(tail[0], tail[1]) == 0 ? 65_536 : length(tail[0], tail[1])
      default: throw StatusWordError(.wrongLength)
      }
    }
  }

  /// The command as it goes over the line: short form where it fits, else extended.
  public var bytes: [UInt8] {
    var result = [cla, ins, p1, p2]
    let extended = data.count > 255 || (le ?? 0) > 256
    if !data.isEmpty {
      result += extended ? [0] + UInt16(truncatingIfNeeded: data.count).bigEndianBytes : [UInt8(data.count)]
      result += data
    } else if extended {
      result.append(0)
    }
    if let le {
      result += extended ? UInt16(truncatingIfNeeded: le).bigEndianBytes : [UInt8(truncatingIfNeeded: le)]
    }
    return result
  }

  /// The logical channel that the class byte names: 0 to 19 (ISO/IEC 7816-4 §5.4.1).
  public var channel: Int { cla & 0x40 != 0 ? Int(cla & 0x0F) + 4 : Int(cla & 0x03) }

  /// Whether the class byte announces secure messaging.
  public var isSecured: Bool { cla & 0x40 != 0 ? cla & 0x20 != 0 : cla & 0x0C != 0 }

  /// Whether more commands of a chain follow.
  public var isChained: Bool { cla & 0x10 != 0 }

  /// The same command on another logical channel.
  public func on(channel: Int) -> Command {
    var copy = self
    let proprietary = cla & 0x80
    if channel < 4 {
      let secured: UInt8 = cla & 0x40 == 0 ? cla & 0x0C : isSecured ? 0x04 : 0
      copy.cla = proprietary | cla & 0x10 | secured | UInt8(max(channel, 0))
    } else {
      copy.cla = proprietary | 0x40 | (isSecured ? 0x20 : 0) | cla & 0x10 | UInt8(min(channel, 19) - 4)
    }
    return copy
  }

  public var description: String { bytes.hex }
}

/// A command refused with a status word.
public struct StatusWordError: Error, Hashable, CustomStringConvertible {
  /// What the card answers.
  public let status: StatusWord

  /// A refusal with `status`.
  public init(_ status: StatusWord) { self.status = status }

  public var description: String { "status word \(status)" }
}
