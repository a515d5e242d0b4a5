import ProfilePackage
import SecureElement

/// Services that change what the USIM does (TS 31.102 §4.2.8).
enum USIMService: Int {
  /// GSM access, so that Kc is answered.
  case gsmAccess = 27
  case gsmSecurityContext = 38
  case suciSupport = 124
  /// The USIM calculates the SUCI, not the terminal.
  case suciByUSIM = 125
}

extension ServiceTable {
  /// EF.UST below a USIM's directory; no service where it is missing.
  init(_ files: FileSystem, _ adf: FileNumber) {
    self.init(files.tree.child(0x6F38, of: adf).map { files.content(of: $0) } ?? [])
  }

  func has(_ service: USIMService) -> Bool { contains(service.rawValue) }
}
