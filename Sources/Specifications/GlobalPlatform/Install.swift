import APDU
import Identifiers
import TLV

/// INSTALL (GlobalPlatform Card Specification 2.3 §11.5).
public struct Install: Hashable, Sendable {
  public static let instruction: UInt8 = 0xE6

  /// What is asked for.
  public enum Request: Hashable, Sendable {
    /// [for load] (table 11-42): a load file of the domain, or of the one addressed where it is nil, comes next; `hash`
    /// is SHA-256 over its data block.
    case load(file: AID, domain: AID?, hash: [UInt8])
    /// [for install], and make selectable (table 11-43).
    case install(file: AID?, module: AID?, application: AID, privileges: Privileges, isSelectable: Bool)
    /// [for make selectable] (table 11-44).
    case makeSelectable(application: AID, privileges: Privileges)
    /// [for extradition] (table 11-45): `object` goes over to `domain`.
    case extradition(object: AID, domain: AID)
    /// [for registry update] (table 11-46): other privileges.
    case registryUpdate(application: AID, privileges: Privileges)
    /// [for personalization] (table 11-47): the next STORE DATA are the application's.
    case personalization(application: AID)

    /// P1 (table 11-41).
    var p1: UInt8 {
      switch self {
      case .load: 0x02
      case .install(_, _, _, _, let isSelectable): isSelectable ? 0x0C : 0x04
      case .makeSelectable: 0x08
      case .extradition: 0x10
      case .registryUpdate: 0x40
      case .personalization: 0x20
      }
    }
  }

  /// What is asked for.
  public let request: Request
  /// Load, install, make selectable, extradition or registry update parameters.
  public let parameters: ContentParameters
  /// The signature that allows it; often empty.
  public let token: [UInt8]
  /// What a token signs (§C.4): P1, P2, the length of the fields and the fields, up to the token's length.
  public let tokenData: [UInt8]

  /// A command of our own, without token.
  public init(_ request: Request, parameters: ContentParameters = ContentParameters()) {
    (self.request, self.parameters, token) = (request, parameters, [])
    let fields = Self.fields(of: request, parameters.bytes)
    tokenData = [request.p1, 0x00] + Self.lc(fields.count) + fields
  }

  /// The command with `token` over ``tokenData``.
  public func command(token: [UInt8] = []) -> Command {
    let fields = Self.fields(of: request, parameters.bytes)
    return Command(
      cla: 0x80, ins: Self.instruction, p1: request.p1, p2: 0, data: fields + lengthValue(token), le: 256)
  }

  /// What a command of the given P1 and data asks for.
  public init(p1: UInt8, data: [UInt8]) throws(CodingError) {
    var reader = LengthValueReader(data[...])
    switch p1 {
    case 0x02:
      guard let file = try reader.aid("load file AID") else { throw CodingError("the load file AID is missing") }
      let domain = try reader.aid("security domain AID")
      request = .load(file: file, domain: domain, hash: try reader.value("load file data block hash"))
    case 0x04, 0x0C:
      let (file, module) = (try reader.aid("load file AID"), try reader.aid("module AID"))
      request = .install(
        file: file, module: module, application: try Self.wanted(&reader), privileges: try Self.privileges(&reader),
        isSelectable: p1 == 0x0C)
    case 0x08:
      try Self.empty(&reader, 2)
      request = .makeSelectable(application: try Self.wanted(&reader), privileges: try Self.privileges(&reader))
    case 0x10:
      guard let domain = try reader.aid("security domain AID") else {
        throw CodingError("the security domain AID is missing")
      }
      try Self.empty(&reader, 1)
      let object = try Self.wanted(&reader)
      try Self.empty(&reader, 1)
      request = .extradition(object: object, domain: domain)
    case 0x20:
      try Self.empty(&reader, 2)
      request = .personalization(application: try Self.wanted(&reader))
      try Self.empty(&reader, 1)
    case 0x40:
      try Self.empty(&reader, 2)
      request = .registryUpdate(application: try Self.wanted(&reader), privileges: try Self.privileges(&reader))
    default: throw CodingError("INSTALL has no form with P1 \([p1].hex)")
    }
    parameters = try ContentParameters(bytes: try reader.value("parameters"))
    let fields = data.prefix(reader.rest.startIndex)
    tokenData = [p1, 0x00] + Self.lc(fields.count) + fields
    token = try reader.value("token")
    try reader.finish()
  }

  private static func wanted(_ reader: inout LengthValueReader) throws(CodingError) -> AID {
    guard let aid = try reader.aid("application AID") else { throw CodingError("the application AID is missing") }
    return aid
  }

  private static func privileges(_ reader: inout LengthValueReader) throws(CodingError) -> Privileges {
    guard let privileges = Privileges(bytes: try reader.value("privileges")) else {
      throw CodingError("the privileges have 1 or 3 bytes, and not every combination exists")
    }
    return privileges
  }

  private static func empty(_ reader: inout LengthValueReader, _ count: Int) throws(CodingError) {
    for _ in 0..<count where try !reader.value("unused field").isEmpty {
      throw CodingError("a field that this form does not use is not empty")
    }
  }

  private static func fields(of request: Request, _ parameters: [UInt8]) -> [UInt8] {
    let values: [[UInt8]]
    switch request {
    case .load(let file, let domain, let hash): values = [file.bytes, domain?.bytes ?? [], hash]
    case .install(let file, let module, let application, let privileges, _):
      values = [file?.bytes ?? [], module?.bytes ?? [], application.bytes, privileges.bytes]
    case .makeSelectable(let application, let privileges), .registryUpdate(let application, let privileges):
      values = [[], [], application.bytes, privileges.bytes]
    case .extradition(let object, let domain): values = [domain.bytes, [], object.bytes, []]
    case .personalization(let application): values = [[], [], application.bytes, []]
    }
    return values.flatMap(lengthValue) + lengthValue(parameters)
  }

  /// The length of the following fields as in a command: one byte, or three.
  static func lc(_ count: Int) -> [UInt8] {
    count > 255 ? [0x00] + UInt16(truncatingIfNeeded: count).bigEndianBytes : [UInt8(count)]
  }
}
