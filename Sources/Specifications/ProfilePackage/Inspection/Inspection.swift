import Bytes
import UICC

/// A package as a person reads it: elements, their facts, the files a card makes of them and what these hold. It prints
/// as a tree and encodes as JSON.
public struct Inspection: Sendable, Encodable {
  /// The elements in order.
  public let elements: [InspectedElement]

  /// Reads `package`. PINs, unblocking codes and keys are shown only where `revealingSecrets` says so.
  public init(_ package: Package, revealingSecrets: Bool = false) {
    let lint = Lint.reader(of: package)
    let files = Dictionary(grouping: lint.profile.files, by: \.element.index)
    elements = package.elements.enumerated().map { index, element in
      InspectedElement(
        number: index + 1, name: element.name, identification: element.header?.identification,
        isMandated: element.header?.isMandated, size: package.encoded(at: index).count,
        facts: Facts(isRevealing: revealingSecrets).list(element),
        files: (files[index] ?? []).map { InspectedFile($0, rule: lint.accessRule(of: $0)) })
    }
  }
}

/// A name and what there is under it.
public struct InspectedFact: Sendable, Encodable, Hashable {
  /// What it is.
  public let name: String
  /// Its value.
  public let value: String
}

/// An element of an ``Inspection``.
public struct InspectedElement: Sendable, Encodable {
  /// Place in the package, from 1.
  public let number: Int
  /// Name in the CHOICE.
  public let name: String
  /// Number in its header.
  public let identification: Int?
  /// Whether an eUICC gives up the profile where it cannot process the element.
  public let isMandated: Bool?
  /// Bytes.
  public let size: Int
  /// What it says besides its files.
  public let facts: [InspectedFact]
  /// The files it creates.
  public let files: [InspectedFile]
}

/// A file of an ``Inspection``.
public struct InspectedFile: Sendable, Encodable {
  /// "EF.IMSI"
  public let name: String
  /// "3F00/7FD0/6F07"
  public let path: String
  /// "linear fixed"
  public let kind: String
  /// Bytes of the body.
  public let size: Int?
  /// Bytes of a record.
  public let recordLength: Int?
  /// An ADF's application identifier.
  public let aid: String?
  /// Short identifier.
  public let shortIdentifier: Int?
  /// The record of EF.ARR: "6F06/10".
  public let accessRuleRecord: String?
  /// What the record says: "read PIN 01; update ADM 0A".
  public let accessRule: String?
  /// A directory's PINs: "01 81 0A".
  public let pins: String?
  /// The file it shows.
  public let link: String?
  /// What the contents mean, where that is known.
  public let meaning: [String]
  /// The contents in hexadecimal; filling with FF at the end is left out.
  public let content: String?

  init(_ file: ResolvedFile, rule: AccessRule?) {
    let parameters = file.parameters
    (name, path) = (file.name, file.pathDescription)
    kind = Self.kind(file)
    size = file.isDirectory ? nil : parameters.fileSize
    recordLength = file.recordLength
    aid = parameters.dfName?.description
    if case .number(let number)? = parameters.shortFileIdentifier {
      shortIdentifier = Int(number)
    } else {
      shortIdentifier = nil
    }
    if case .referenced(let reference)? = parameters.security, let record = reference.record(in: 1) {
      accessRuleRecord = "\(reference.file?.description ?? "")/\(record)"
    } else {
      accessRuleRecord = nil
    }
    accessRule = file.isDirectory ? nil : rule?.description
    pins = parameters.pinStatus.map { $0.entries.map(\.reference.description).joined(separator: " ") }
    link = parameters.linkPath.map(ResolvedFile.describe)
    meaning = file.meaning
    let filling = file.contents.reversed().prefix { $0 == 0xFF }.count
    content = file.isDirectory || file.isLink ? nil : file.contents.dropLast(filling).hex
  }

  private static func kind(_ file: ResolvedFile) -> String {
    switch file.parameters.descriptor?.structure {
    case .directory: file.path.isEmpty ? "MF" : file.parameters.dfName == nil ? "DF" : "ADF"
    case .transparent: "transparent"
    case .linearFixed: "linear fixed"
    case .cyclic: "cyclic"
    case .berTLV: "BER-TLV"
    case .unknown, nil: "unknown"
    }
  }
}

// MARK: Text

extension Inspection: CustomStringConvertible {
  public var description: String { elements.map(\.description).joined(separator: "\n") }
}

extension InspectedElement: CustomStringConvertible {
  public var description: String {
    var head = ["\(number) \(name)"]
    if let identification { head.append("identification \(identification)") }
    if isMandated == false { head.append("not mandated") }
    head.append("\(size) bytes")
    let width = facts.map(\.name.count).max() ?? 0
    let lines = facts.map { fact in
      "    \(fact.name)\(String(repeating: " ", count: width - fact.name.count))  \(fact.value)"
    }
    return ([head.joined(separator: ", ")] + lines + files.map(\.description)).joined(separator: "\n")
  }
}

extension InspectedFile: CustomStringConvertible {
  public var description: String {
    var parts = [kind]
    if let aid { parts.append("AID \(aid)") }
    if let link {
      parts.append("shows \(link)")
    } else if let recordLength, recordLength > 0, let size {
      parts.append("\(size / recordLength) × \(recordLength) bytes")
    } else if let size {
      parts.append("\(size) bytes")
    }
    if let shortIdentifier { parts.append("SFI \(shortIdentifier)") }
    if let accessRuleRecord { parts.append("rule \(accessRuleRecord)\(accessRule.map { " (\($0))" } ?? "")") }
    if let pins { parts.append("PINs \(pins)") }
    let depth = path.split(separator: "/").count
    let indent = String(repeating: "  ", count: depth + 1)
    var lines = ["\(indent)\(path.suffix(4)) \(name): \(parts.joined(separator: ", "))"]
    if !meaning.isEmpty {
      lines += meaning.map { "\(indent)    \($0)" }
    } else if let content, !content.isEmpty {
      lines.append("\(indent)    \(content.count > 80 ? "\(content.prefix(80))… " : content)")
    }
    return lines.joined(separator: "\n")
  }
}
