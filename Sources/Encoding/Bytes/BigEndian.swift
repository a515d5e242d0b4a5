extension FixedWidthInteger {
  /// The integer's bytes, most significant first: as many as the type is wide.
  @inlinable public var bigEndianBytes: [UInt8] { withUnsafeBytes(of: bigEndian) { Array($0) } }

  /// The unsigned integer written most significant byte first; nil where it does not fit.
  @inlinable public init?(bigEndian bytes: some Sequence<UInt8>) {
    var value: Self = 0
    for byte in bytes {
      let (shifted, overflow) = value.multipliedReportingOverflow(by: 256)
      let (sum, carry) = shifted.addingReportingOverflow(Self(byte))
      if overflow || carry { return nil }
      value = sum
    }
    self = value
  }
}
