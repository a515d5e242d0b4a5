import Bytes
import UICC

/// A file as a card creates it from a package: the template's row, overlaid by the package's parameters, then filled.
public struct ResolvedFile: Sendable {
  /// The element it comes from.
  public let element: ElementReference
  /// "EF.IMSI"; of a file without template, its identifier.
  public let name: String
  /// The identifiers from the MF (which has none) down to the file; ADFs go by their temporary identifiers.
  public let path: [FileIdentifier]
  /// Everything a card needs to create it: descriptor, identifier or AID, size, short identifier, access rule, PINs.
  public var parameters: FileControlParameters
  /// An EF's contents, records one behind the other; of a BER-TLV file its data objects; nothing for links and
  /// directories.
  public internal(set) var contents: [UInt8] = []

  /// Whether this is MF, ADF or DF.
  public var isDirectory: Bool { parameters.descriptor?.structure == .directory }
  /// Whether the file shows another one.
  public var isLink: Bool { parameters.linkPath != nil }
  /// Bytes of a record; nil for files without records.
  public var recordLength: Int? { parameters.descriptor?.recordLength }

  /// The records.
  public var records: [[UInt8]] {
    guard let length = recordLength, length > 0 else { return [] }
    return stride(from: 0, to: contents.count, by: length).map {
      Array(contents[$0..<min($0 + length, contents.count)])
    }
  }

  /// "3F00/7FD0/6F07"
  public var pathDescription: String { Self.describe(path) }

  static func describe(_ path: [FileIdentifier]) -> String {
    ([FileIdentifier.mf] + path).map(\.description).joined(separator: "/")
  }

  /// The name of a file by its name in the ASN.1 module: "ef-imsi" is EF.IMSI, "df-df-5gs" is DF.5GS.
  static func name(_ field: String) -> String {
    guard let dash = field.firstIndex(of: "-") else { return field.uppercased() }
    let (kind, rest) = (field[..<dash], field[field.index(after: dash)...])
    let name = kind == "df" && rest.hasPrefix("df-") ? rest.dropFirst(3) : rest
    return "\(kind.uppercased()).\(name.uppercased())"
  }
}

/// PINs of a directory.
public struct ResolvedPINs: Sendable {
  /// The element they come from.
  public let element: ElementReference
  /// The directory; empty for the MF.
  public let directory: [FileIdentifier]
  /// The directory's own PINs, or the directory whose PINs it shares.
  public let codes: PE.PINCodes.Codes
}

/// How an application authenticates itself.
public struct ResolvedAuthentication: Sendable {
  /// The element it comes from.
  public let element: ElementReference
  /// The ADF.
  public let application: [FileIdentifier]
  /// Algorithm, key and sequence numbers.
  public let parameter: PE.AKAParameter
}

/// What a card makes of a package, in the order of its elements.
public struct ResolvedProfile: Sendable {
  /// The files, directories before what stands in them.
  public internal(set) var files: [ResolvedFile] = []
  /// The PINs.
  public internal(set) var pins: [ResolvedPINs] = []
  /// The unblocking codes.
  public internal(set) var puks: [PUKConfiguration] = []
  /// The applications' authentication parameters.
  public internal(set) var authentications: [ResolvedAuthentication] = []
  /// Security domains; the first is the MNO-SD.
  public internal(set) var securityDomains: [(element: ElementReference, domain: PE.SecurityDomain)] = []
  /// Remote file management applications.
  public internal(set) var fileManagers: [(element: ElementReference, application: PE.RFM)] = []
  /// Applications with code or of code on the card.
  public internal(set) var applications: [(element: ElementReference, application: PE.Application)] = []
  /// What could not be made, and why.
  public internal(set) var findings: [Finding] = []

  var places: [[FileIdentifier]: Int] = [:]

  /// Resolves a package; what is wrong with it stands in ``findings``.
  public init(_ package: Package) {
    var resolver = Resolver(package)
    resolver.run()
    self = resolver.profile
  }

  init() {}

  /// The file at `path` from the MF.
  public func file(_ path: [FileIdentifier]) -> ResolvedFile? { places[path].map { files[$0] } }

  /// The ADFs.
  public var applicationDirectories: [ResolvedFile] { files.filter { $0.parameters.dfName != nil } }

  /// The files that stand in the directory `path`.
  public func files(in path: [FileIdentifier]) -> [ResolvedFile] {
    files.filter { $0.path.count == path.count + 1 && $0.path.starts(with: path) }
  }
}
