import TLV

/// The PINs of a directory and whether they are enabled: tag C6 (ETSI TS 102 221 §11.1.1.4.10, §9.5.2).
public struct PINStatusTemplate: TLVContent, Hashable {
  /// One PIN of the directory.
  public struct Entry: Hashable, Sendable {
    /// Key reference, tag 83.
    public var reference: PINReference
    /// Usage qualifier, tag 95: 08 wherever the PIN is used for verification; nil where it is not given.
    public var usage: UInt8?
    /// The bit in the PS_DO, tag 90.
    public var isEnabled: Bool
    /// A PIN's entry.
    public init(_ reference: PINReference, usage: UInt8? = nil, isEnabled: Bool = false) {
      (self.reference, self.usage, self.isEnabled) = (reference, usage, isEnabled)
    }
  }

  /// The PINs in the order of the PS_DO's bits.
  public var entries: [Entry]

  /// A template of `entries`.
  public init(_ entries: [Entry]) { self.entries = entries }

  public init(_ element: TLVElement) throws(TLVError) {
    let bytes = element.content
    entries = []
    guard let first = bytes.first else { return }
    guard first == 0x90 else {
      // Interoperable profile packages give the bare key references (TCA profile package, `pinStatusTemplateDO`).
      entries = bytes.map { Entry(PINReference(rawValue: $0)) }
      return
    }
    var reader = try element.reader()
    let enabled = Array(try reader.element(0x90).content)
    var usage: UInt8?
    while !reader.isAtEnd {
      let item = try reader.element()
      switch item.tag {
      case 0x95: usage = item.content.first
      case 0x83:
        guard let reference = item.content.first, item.content.count == 1 else {
          throw .invalid(item.tag, "a key reference is one byte")
        }
        // Table 11.14: the first reference's bit is bit 8 of the first byte.
        let bit = entries.count
        let isEnabled = bit / 8 < enabled.count && enabled[bit / 8] & 0x80 >> UInt8(bit % 8) != 0
        entries.append(Entry(PINReference(rawValue: reference), usage: usage, isEnabled: isEnabled))
        usage = nil
      default: throw .invalid(item.tag, "unknown in a PIN status template")
      }
    }
  }

  public func encodeContent(to writer: inout TLVWriter) {
    writer.write(0x90, BitField.bytes(entries.map(\.isEnabled)))
    for entry in entries {
      if let usage = entry.usage { writer.write(0x95, [usage]) }
      writer.write(0x83, [entry.reference.rawValue])
    }
  }
}

/// Flags in bytes, the first in bit 8.
enum BitField {
  static func bytes(_ flags: [Bool]) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: max(1, (flags.count + 7) / 8))
    for (index, isSet) in flags.enumerated() where isSet { bytes[index / 8] |= 0x80 >> UInt8(index % 8) }
    return bytes
  }
}
