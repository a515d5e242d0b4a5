import APDU
import Identifiers
import TLV

/// DELETE (GlobalPlatform Card Specification 2.3 §11.2).
public struct Delete: Hashable, Sendable {
  public static let instruction: UInt8 = 0xE4

  /// What is deleted.
  public enum Subject: Hashable, Sendable {
    /// A load file, application or security domain (4F); `related`: with what was installed of it.
    case object(AID, related: Bool)
    /// Keys by identifier (D0) and version (D2); nil means all.
    case key(identifier: UInt8?, version: UInt8?)
  }

  /// What is deleted.
  public let subject: Subject
  /// Which token allows it (B6).
  public let tokenReference: TokenReference?
  /// The token (9E); often empty.
  public let token: [UInt8]
  /// What a token signs (§C.4.5): P1, P2, the length of the fields and the fields, up to 9E.
  public let tokenData: [UInt8]

  /// A command of our own, without token.
  public init(_ subject: Subject, tokenReference: TokenReference? = nil) {
    (self.subject, self.tokenReference, token) = (subject, tokenReference, [])
    let fields = Self.fields(of: subject, tokenReference)
    tokenData = [0x00, subject.p2] + Install.lc(fields.count) + fields
  }

  /// The command with `token` over ``tokenData``.
  public func command(token: [UInt8] = []) -> Command {
    var writer = TLVWriter()
    writer.append(encoded: Self.fields(of: subject, tokenReference))
    if !token.isEmpty { writer.write(0x9E, token) }
    return Command(cla: 0x80, ins: Self.instruction, p1: 0, p2: subject.p2, data: writer.bytes, le: 256)
  }

  /// What a command of the given P2 and data asks for.
  public init(p2: UInt8, data: [UInt8]) throws(CodingError) {
    guard p2 & 0x7F == 0 else { throw CodingError("DELETE has no form with P2 \([p2].hex)") }
    do {
      var reader = TLVReader(data)
      if let aid: AID = try reader.readIfPresent(0x4F) {
        subject = .object(aid, related: p2 == 0x80)
      } else {
        subject = .key(
          identifier: try reader.elementIfPresent(0xD0)?.oneByte(),
          version: try reader.elementIfPresent(0xD2)?.oneByte())
      }
      tokenReference = try reader.readIfPresent()
      let fields = data.prefix(data.count - reader.remaining.count)
      tokenData = [0x00, p2] + Install.lc(fields.count) + fields
      token = try reader.readIfPresent(0x9E) ?? []
      try reader.finish()
    } catch { throw CodingError("the data of DELETE are malformed: \(error)") }
    if subject == .key(identifier: nil, version: nil) { throw CodingError("DELETE names nothing") }
  }

  private static func fields(of subject: Subject, _ reference: TokenReference?) -> [UInt8] {
    var writer = TLVWriter()
    switch subject {
    case .object(let aid, _): writer.write(0x4F, aid)
    case .key(let identifier, let version):
      if let identifier { writer.write(0xD0, bytes: [identifier]) }
      if let version { writer.write(0xD2, bytes: [version]) }
    }
    writer.write(reference)
    return writer.bytes
  }
}

extension Delete.Subject {
  fileprivate var p2: UInt8 { if case .object(_, related: true) = self { 0x80 } else { 0x00 } }
}

extension TLVElement {
  func oneByte() throws(TLVError) -> UInt8 {
    guard content.count == 1, let byte = content.first else { throw .invalid(tag, "one byte is wanted") }
    return byte
  }
}
