import TLV

/// An enumeration of codes to which later versions add: an unknown number is read as ``unknown``.
public protocol LenientEnumeration: TLVEnumeration, Hashable, CaseIterable {
  /// What an unknown number stands for.
  static var unknown: Self { get }
}

extension LenientEnumeration {
  public init(_ element: TLVElement) throws(TLVError) { self = Self(rawValue: try Int(element)) ?? .unknown }
}
