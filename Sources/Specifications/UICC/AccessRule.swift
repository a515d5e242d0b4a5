import TLV

/// Who may do what with a file: a record of EF.ARR (ETSI TS 102 221 §9.2.4, ISO/IEC 7816-4 §5.4.3.2).
public struct AccessRule: Hashable, Sendable {
  /// What may be done (Tables 9.1 and 9.2 of §9.2).
  public enum Operation: Hashable, Sendable {
    /// Bit 1 of an EF's access mode byte.
    case read
    /// Bit 2 of an EF's access mode byte.
    case update
    /// Bit 4.
    case deactivate
    /// Bit 5.
    case activate
    /// Bit 6.
    case terminate
    /// Bit 7: delete the file itself.
    case delete
    /// Bit 1 of a directory's access mode byte: delete a file in it.
    case deleteChild
    /// Bit 2 of a directory's access mode byte.
    case createEF
    /// Bit 3 of a directory's access mode byte.
    case createDF
    /// A command named by its instruction byte (tag 84): INCREASE is 32.
    case instruction(UInt8)

    /// The bit that stands for the operation in an access mode byte.
    var bit: UInt8? {
      switch self {
      case .read, .deleteChild: 0x01
      case .update, .createEF: 0x02
      case .createDF: 0x04
      case .deactivate: 0x08
      case .activate: 0x10
      case .terminate: 0x20
      case .delete: 0x40
      case .instruction: nil
      }
    }
  }

  /// What must hold before it is done.
  public indirect enum Condition: Hashable, Sendable {
    /// 90: always.
    case always
    /// 97: never.
    case never
    /// A4 with 83 (key reference): the PIN is verified, or is disabled.
    case pin(PINReference)
    /// A0: one of them.
    case any([Condition])
    /// AF: all of them.
    case all([Condition])
  }

  /// Which operations an entry is about.
  enum Mode: Hashable, Sendable {
    case bits(UInt8)
    case instructions([UInt8])
  }

  /// Operations and the conditions for them, each of which is enough.
  struct Entry: Hashable, Sendable {
    let mode: Mode
    var conditions: [Condition]
  }

  private(set) var entries: [Entry] = []

  /// The rule in `record`, up to its filling with FF.
  public init(_ record: some Collection<UInt8>) throws(TLVError) {
    var reader = TLVReader(Array(record))
    while let next = reader.remaining.first, next != 0xFF {
      let element = try reader.element()
      switch element.tag {
      // ISO/IEC 7816-4 Table 31: 80 is an access mode byte, 81 to 8F describe commands: 84 by their INS, the others
      // in ways that no command here is described, so that their conditions allow nothing.
      case 0x80: entries.append(Entry(mode: .bits(try element.oneByte()), conditions: []))
      case 0x84: entries.append(Entry(mode: .instructions(Array(element.content)), conditions: []))
      case let tag where (0x81...0x8F).contains(tag.rawValue):
        entries.append(Entry(mode: .instructions([]), conditions: []))
      default:
        guard let last = entries.indices.last else {
          throw .invalid(element.tag, "a security condition without an access mode")
        }
        entries[last].conditions.append(try Condition(element))
      }
    }
  }

  /// What must hold for `operation`; §9.2.4: what no entry names is never allowed.
  public func condition(for operation: Operation) -> Condition {
    var found: [Condition] = []
    for entry in entries {
      switch (entry.mode, operation) {
      case (.bits(let bits), _):
        // ISO/IEC 7816-4 Table 16: b8 = 1 makes bits 7 to 4 proprietary.
        guard let bit = operation.bit, bits & bit != 0, bits & 0x80 == 0 || bit < 0x08 else { continue }
      case (.instructions(let list), .instruction(let instruction)):
        guard list.contains(instruction) else { continue }
      case (.instructions, _): continue
      }
      found += entry.conditions
    }
    return found.count == 1 ? found[0] : found.isEmpty ? .never : .any(found)
  }
}

extension AccessRule.Condition {
  init(_ element: TLVElement) throws(TLVError) {
    switch element.tag {
    case 0x90: self = .always
    case 0x97: self = .never
    case 0xA4:
      // §9.2.4: a control reference template with the key reference (83) and the usage qualifier (95).
      guard let key = try element.children().first(where: { $0.tag == 0x83 }) else {
        throw .invalid(element.tag, "the key reference is missing")
      }
      self = .pin(PINReference(rawValue: try key.oneByte()))
    case 0xA0: self = .any(try Self.list(element))
    case 0xAF: self = .all(try Self.list(element))
    default: throw .invalid(element.tag, "an unknown security condition")
    }
  }

  private static func list(_ element: TLVElement) throws(TLVError) -> [Self] {
    var list: [Self] = []
    for child in try element.children() { list.append(try Self(child)) }
    return list
  }
}
