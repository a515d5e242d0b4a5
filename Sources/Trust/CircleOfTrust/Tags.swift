import TLV

extension TLVTag {
  static let printableString: TLVTag = 0x13
  static let ia5String: TLVTag = 0x16
  static let enumerated: TLVTag = 0x0A
}
