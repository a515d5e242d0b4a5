import TLV

/// Whether a certificate may issue others (RFC 5280 §4.2.1.9).
public struct BasicConstraints: TLVMessage, TLVSequence, Hashable {
  // BasicConstraints ::= SEQUENCE { cA BOOLEAN DEFAULT FALSE, pathLenConstraint INTEGER (0..MAX) OPTIONAL }
  public static let tag: TLVTag = .sequence
  /// Whether the subject is an issuer.
  public let isAuthority: Bool
  /// How many issuers may follow below this one; nil is without limit.
  public let pathLength: Int?

  /// An issuer with at most `pathLength` issuers below it, or, with `isAuthority` false, no issuer.
  public init(isAuthority: Bool, pathLength: Int? = nil) {
    (self.isAuthority, self.pathLength) = (isAuthority, isAuthority ? pathLength : nil)
  }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    let flag = try reader.readIfPresent(.boolean, as: Bool.self)
    // X.690 §11.5: a component equal to its default value is not encoded.
    guard flag != false else { throw .invalid(.boolean, "cA FALSE is the default and is not written") }
    isAuthority = flag ?? false
    pathLength = try reader.readIfPresent(.integer)
    if let pathLength {
      // "CAs MUST NOT include the pathLenConstraint field unless the cA boolean is asserted".
      guard isAuthority, pathLength >= 0 else { throw .invalid(.integer, "pathLenConstraint is out of place") }
    }
  }

  public func encodeFields(to writer: inout TLVWriter) {
    if isAuthority { writer.write(.boolean, true) }
    writer.write(.integer, pathLength)
  }
}
