import SecureElement

/// EF.UST: which services the USIM has (TS 31.102 §4.2.8).
struct ServiceTable {
  /// Services that change what the USIM does.
  enum Service: Int {
    /// GSM access, so that Kc is answered.
    case gsmAccess = 27
    case gsmSecurityContext = 38
    case suciSupport = 124
    /// The USIM calculates the SUCI, not the terminal.
    case suciByUSIM = 125
  }

  private let content: [UInt8]

  /// A table without any service.
  init() { content = [] }

  /// The table of a USIM.
  init(_ files: FileSystem, _ adf: FileNumber) {
    content = files.tree.child(0x6F38, of: adf).map { files.content(of: $0) } ?? []
  }

  func has(_ service: Service) -> Bool {
    let (byte, bit) = ((service.rawValue - 1) / 8, UInt8((service.rawValue - 1) % 8))
    return byte < content.count && content[byte] & 1 << bit != 0
  }
}
