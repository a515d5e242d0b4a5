import Identifiers
import ProfilePackage
import TLV

/// What a package must be before its elements are carried out: readable, in order, not too large, and nothing that the
/// card cannot do.
struct Admission {
  private let configuration: Interpreter.Configuration

  init(_ configuration: Interpreter.Configuration) { self.configuration = configuration }

  /// More elements than any profile has, and few enough for a card.
  private static let mostElements = 1024
  /// More files than a card's file system takes.
  private static let mostFiles = 4096

  /// The package, without the elements that the card leaves out, and its ICCID.
  func admit(_ bytes: [UInt8], _ journal: inout Journal) throws(ElementFailure) -> (Package, ICCID) {
    guard bytes.count <= configuration.memoryLimit else {
      throw ElementFailure(Complaint(.notEnoughMemory, "\(bytes.count) bytes are more than the card takes"))
    }
    var package = try decode(bytes)
    guard package.count <= Self.mostElements else {
      throw ElementFailure(Complaint(.notEnoughMemory, "\(package.count) elements are more than the card takes"))
    }
    let elements = package.elements
    let iccid = try checkOrder(of: elements)
    try checkIdentifications(of: elements)
    var leftOut: [Int] = []
    var files = 0
    for (index, element) in elements.enumerated() {
      if let complaint = objection(to: element) {
        guard !element.isMandated else { throw ElementFailure(complaint, element) }
        journal.note(complaint, element)
        leftOut.append(index)
      }
      files += element.mostFiles
      guard files <= Self.mostFiles else {
        throw ElementFailure(Complaint(.notEnoughMemory, "more than \(Self.mostFiles) files"), element)
      }
    }
    for index in leftOut.reversed() { package.remove(at: index) }
    return (package, iccid)
  }

  private func decode(_ bytes: [UInt8]) throws(ElementFailure) -> Package {
    do {
      return try Package(decoding: bytes)
    } catch {
      // The header at the element's beginning can often be read where the element cannot.
      var reader = TLVReader(bytes[error.offset...])
      _ = try? reader.header()
      let header = try? reader.read(0xA0, as: PEHeader.self)
      throw ElementFailure(
        Complaint(.invalidRequestFormat, "\(error.cause)"), name: error.name, identification: header?.identification)
    }
  }

  // MARK: Order

  /// §8.1.3: the header is the first element and stands once, the end is the last one and stands once.
  private func checkOrder(of elements: [any ProfileElement]) throws(ElementFailure) -> ICCID {
    guard let first = elements.first, let last = elements.last else {
      throw ElementFailure(Complaint(.invalidRequestFormat, "it is empty"))
    }
    guard let header = first as? ProfileHeader else {
      throw ElementFailure(Complaint(.invalidRequestFormat, "the profile header does not come first"), first)
    }
    let iccid: ICCID
    do throws(Complaint) { iccid = try check(header) } catch { throw ElementFailure(error, header) }
    for element in elements.dropFirst() where element is ProfileHeader {
      throw ElementFailure(Complaint(.invalidRequestFormat, "a second profile header"), element)
    }
    for (element, next) in zip(elements, elements.dropFirst()) where element is PE.End {
      throw ElementFailure(Complaint(.invalidRequestFormat, "it comes after the end"), next)
    }
    guard last is PE.End else { throw ElementFailure(Complaint(.invalidRequestFormat, "the end is missing"), last) }
    return iccid
  }

  /// §8.1: an identification is unique in the package, so that a status names one element.
  private func checkIdentifications(of elements: [any ProfileElement]) throws(ElementFailure) {
    var seen: Set<Int> = []
    for element in elements {
      guard let identification = element.identification, !seen.insert(identification).inserted else { continue }
      throw ElementFailure(Complaint(.invalidRequestFormat, "another element has its identification"), element)
    }
  }

  /// §8.2.1: the eUICC gives up where it lacks a mandatory service, template or library.
  private func check(_ header: ProfileHeader) throws(Complaint) -> ICCID {
    guard [2, 3].contains(header.majorVersion) else {
      throw Complaint(.unsupportedProfileVersion, "version \(header.majorVersion) is not supported")
    }
    guard let iccid = header.iccid else { throw Complaint(.badValues, "the ICCID is malformed") }
    let supported = Set(configuration.services.map(\.rawValue))
    if let number = header.mandatoryServices.numbers.first(where: { !supported.contains($0) }) {
      let name = ServicesList.Service(rawValue: number)?.name ?? "service \(number)"
      throw Complaint(.featureNotSupported, "\(name) is not supported")
    }
    if let template = header.mandatoryTemplates.first(where: { Template.template($0) == nil }) {
      throw Complaint(.templateNotSupported, "the template \(template) is not supported")
    }
    for library in header.mandatoryAIDs ?? [] where !configuration.libraries.contains(library.aid) {
      throw Complaint(.libNotSupported, "the library \(library.aid) is not there")
    }
    return iccid
  }

  // MARK: Kinds

  /// Why the card can do nothing with an element of this kind.
  private func objection(to element: any ProfileElement) -> Complaint? {
    switch element {
    case is PE.Application: Complaint(.runtimeNotSupported, "the card runs no loaded code")
    case let element as PE.NonStandard where !configuration.issuers.contains(element.issuerID):
      Complaint(.peNotSupported, "its issuer's elements are not supported")
    case is UnknownElement: Complaint(.peNotSupported, "elements of this kind are not supported")
    default: nil
    }
  }
}

extension ProfileElement {
  /// The header, also of an element whose other contents are not known.
  private var anyHeader: PEHeader? {
    guard let unknown = self as? UnknownElement else { return header }
    var reader = TLVReader(unknown.content)
    return try? reader.read(0xA0, as: PEHeader.self)
  }

  /// The number that the card names the element by.
  var identification: Int? { anyHeader?.identification }

  /// Whether the installation ends where the element cannot be carried out; so it does for the profile header.
  var isMandated: Bool { anyHeader?.isMandated ?? true }

  /// The files that the element creates at most.
  fileprivate var mostFiles: Int {
    switch self {
    case let files as any FileSystemElement:
      type(of: files).fileNames.count + files.files.reduce(0) { $0 + $1.file.items.count }
    case let management as PE.GenericFileManagement:
      management.fileManagementCMD.joinedItems.count { if case .createFCP = $0 { true } else { false } }
    default: 0
    }
  }
}

extension [FileManagement] {
  fileprivate var joinedItems: [FileManagement.Item] { flatMap(\.items) }
}
