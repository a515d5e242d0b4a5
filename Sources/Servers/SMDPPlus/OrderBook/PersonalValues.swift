import Bytes
import Identifiers
import Keys
import TLV

/// What makes a profile one subscriber's: the values that a template leaves open, by their names there ("imsi", "k").
///
/// Keys, PINs and subscriber identities alike are secrets: the whole is wrapped before it is stored and never printed.
public struct PersonalValues: Sendable, Equatable, TLVMessage, CustomStringConvertible {
  /// The values by name.
  public private(set) var values: [String: String]

  /// The given values.
  public init(_ values: [String: String] = [:]) { self.values = values }

  /// The value called `name`.
  public subscript(name: String) -> String? {
    get { values[name] }
    set { values[name] = newValue }
  }

  public var description: String { "‹redacted›" }

  // PersonalValues ::= SEQUENCE OF UTF8String   -- name and value in turn

  public static let tag = TLVTag.sequence

  public init(_ element: TLVElement) throws(TLVError) {
    var reader = try element.reader()
    var values: [String: String] = [:]
    while !reader.isAtEnd {
      let name: String = try reader.read(.utf8String)
      values[name] = try reader.read(.utf8String)
    }
    self.values = values
  }

  public func encodeContent(to writer: inout TLVWriter) {
    for (name, value) in values.sorted(by: { $0.key < $1.key }) {
      writer.write(.utf8String, name)
      writer.write(.utf8String, value)
    }
  }

  // MARK: At rest

  /// The data wrapped for the order of `iccid`; they open nowhere else.
  public func wrapped(for iccid: ICCID, in vault: KeyVault, random: any RandomSource) throws(KeyError) -> [UInt8] {
    try vault.wrap(Secret(encoded), context: Self.place(of: iccid), random: random)
  }

  /// The data that were wrapped for the order of `iccid`.
  public init(wrapped: [UInt8], for iccid: ICCID, in vault: KeyVault) throws(KeyError) {
    let secret = try vault.unwrap(wrapped, context: Self.place(of: iccid))
    guard let data = try? PersonalValues(encoded: secret.bytes) else { throw KeyError("personal data are malformed") }
    self = data
  }

  static func place(of iccid: ICCID) -> String { "profile_order/\(iccid)/personal_data" }
}
