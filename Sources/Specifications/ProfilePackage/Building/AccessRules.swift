import TLV

/// The access rules of the templates (Annex A, §9.9): EF.ARR has them as its records, in this order, so that each
/// template's rule number is a record number.
enum AccessRules {
  /// What must hold.
  private enum Condition {
    case always, never, pin1, pin2, adm

    func write(to writer: inout TLVWriter) {
      switch self {
      case .always: writer.write(0x90, bytes: [])
      case .never: writer.write(0x97, bytes: [])
      case .pin1: reference(0x01, &writer)
      case .pin2: reference(0x81, &writer)
      case .adm: reference(0x0A, &writer)
      }
    }

    /// ETSI TS 102 221 §9.2.4: key reference and usage qualifier "verification".
    private func reference(_ key: UInt8, _ writer: inout TLVWriter) {
      writer.write(0xA4) { writer in
        writer.write(0x83, bytes: [key])
        writer.write(0x95, bytes: [0x08])
      }
    }
  }

  /// Access mode: bits of ETSI TS 102 221 §9.2.4 (01 read, 02 update, 08 deactivate, 10 activate, 40 delete), or an
  /// instruction.
  private enum Mode {
    case bits(UInt8)
    case instruction(UInt8)

    static let read = bits(0x01)
    static let update = bits(0x02)
    static let increase = instruction(0x32)
  }

  private static let rules: [[(Mode, Condition)]] = [
    [(.read, .always), (.update, .pin1), (.bits(0x58), .adm)],
    [(.read, .pin1), (.bits(0x5A), .adm)],
    [(.bits(0x5B), .adm)],
    [(.read, .always), (.bits(0x1A), .never), (.bits(0x40), .adm)],
    [(.bits(0x03), .pin1), (.bits(0x58), .adm)],
    [(.bits(0x11), .pin1), (.bits(0x4A), .adm)],
    [(.bits(0x03), .pin1), (.bits(0x58), .adm), (.increase, .pin1)],
    [(.read, .pin1), (.update, .pin2), (.bits(0x58), .adm)],
    [(.read, .always), (.bits(0x1A), .pin1), (.bits(0x40), .adm)],
    [(.read, .always), (.bits(0x5A), .adm)],
    [(.read, .always), (.bits(0x18), .adm), (.bits(0x42), .never)],
    [(.read, .pin1), (.bits(0x5A), .never)],
    [(.bits(0x13), .pin1), (.bits(0x48), .adm)],
    [(.bits(0x5E), .adm)],
  ]

  /// The rules, encoded.
  static let records: [[UInt8]] = rules.map { rule in
    var writer = TLVWriter()
    for (mode, condition) in rule {
      switch mode {
      case .bits(let bits): writer.write(0x80, bytes: [bits])
      case .instruction(let instruction): writer.write(0x84, bytes: [instruction])
      }
      condition.write(to: &writer)
    }
    return writer.bytes
  }

  /// An EF.ARR with the rules.
  static let file: File = {
    let length = records.map(\.count).max() ?? 0
    var fcp = Fcp()
    fcp.fileDescriptor = [0x42, 0x21, 0x00, UInt8(clamping: length)]
    fcp.fileSize = length * records.count
    return File(fcp, content: records.flatMap { $0.padded(to: length) })
  }()
}
