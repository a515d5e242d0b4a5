/// The HTTP header X-Admin-Protocol (SGP.22 §6.2): "gsma/rsp/v2.5.0".
public struct AdminProtocol: Sendable, Hashable, CustomStringConvertible {
  /// The header's name.
  public static let headerName = "X-Admin-Protocol"
  /// The user agent that an LPA in the device names itself.
  public static let lpaUserAgent = "gsma-rsp-lpad"
  /// What this house speaks.
  public static let current = AdminProtocol(version: VersionType(2, 5, 0))

  /// The version of SGP.22.
  public let version: VersionType

  private static let prefix = Array("gsma/rsp/v".utf8)

  /// Of `version`.
  public init(version: VersionType) { self.version = version }

  /// The header's value; nil where it is malformed.
  public init?(_ value: some StringProtocol) {
    let text = Array(value.utf8)
    guard text.starts(with: Self.prefix), let version = VersionType(text[Self.prefix.count...]) else { return nil }
    self.version = version
  }

  public var description: String { "gsma/rsp/v\(version)" }
}
