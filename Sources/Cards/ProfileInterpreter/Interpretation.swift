import Identifiers
import ProfilePackage
import SecureElement
import TLV

/// A profile that was understood as a whole and is ready to be written.
public struct Interpretation: Sendable {
  /// The number in the package's header.
  public let iccid: ICCID
  /// Files, PINs, keys, and the records of ``ProfileRecord``.
  public let image: FileSystemImage
  /// What the card tells of it: `ok`, behind a warning for each element that was left out.
  public let response: EUICCResponse
  /// Whether all its authentication parameters are those of the test algorithm of TS 34.108.
  public let hasTestKeysOnly: Bool
  /// The content of elements whose issuers the card knows (§8.9).
  public let nonStandard: [OID: [UInt8]]
}

/// Why a package cannot become a profile of this card.
public struct InterpretationFailure: Error, Hashable, CustomStringConvertible {
  /// What kind of failure it is.
  public enum Cause: Hashable, Sendable {
    /// The card has too little memory for the profile.
    case insufficientMemory
    /// An element is malformed, contradicts the others, or is nothing this card can do.
    case element
  }

  /// What kind of failure it is.
  public let cause: Cause
  /// What the card tells of it; the last status names element and cause.
  public let response: EUICCResponse
  /// One sentence that names element, file and cause.
  public let description: String

  init(_ failure: ElementFailure, after journal: Journal) {
    let complaint = failure.complaint
    cause = complaint.status == .notEnoughMemory ? .insufficientMemory : .element
    description = failure.description
    let status = PEStatus(complaint.status, identification: failure.identification)
    response = EUICCResponse(journal.warnings + [status], isAborted: true, message: description)
  }
}

/// What is wrong with an element.
struct Complaint: Error {
  let status: PEStatus.Status
  let sentence: String

  init(_ status: PEStatus.Status, _ sentence: String) { (self.status, self.sentence) = (status, sentence) }

  /// A finding of the resolver.
  init(_ finding: Finding) {
    self.init(finding.status, (finding.file.map { "\($0): " } ?? "") + finding.sentence)
  }

  /// What the file system's maker refused.
  init(_ error: FileSystemError) {
    let status: PEStatus.Status
    switch error {
    case .tooManyFiles: status = .notEnoughMemory
    case .masterFile: status = .invalidRequestFormat
    case .duplicate, .duplicateApplication, .notFound, .wrongKind, .parameters, .tooLong: status = .badValues
    }
    self.init(status, error.description)
  }
}

/// A complaint that ends the installation, and the element it is about.
struct ElementFailure: Error {
  let complaint: Complaint
  /// The element's name; nil for the package as a whole.
  var name: String?
  /// The identification in the element's header; the profile header has none.
  var identification: Int?

  init(_ complaint: Complaint, name: String? = nil, identification: Int? = nil) {
    (self.complaint, self.name, self.identification) = (complaint, name, identification)
  }

  init(_ complaint: Complaint, _ element: any ProfileElement) {
    self.init(complaint, name: element.name, identification: element.identification)
  }

  var description: String {
    let place = name.map { "\($0)\(identification.map { " \($0)" } ?? "")" } ?? "package"
    return "\(place): \(complaint.sentence)"
  }
}

/// What has to be told beside the result.
struct Journal {
  private(set) var warnings: [PEStatus] = []

  /// §7.2: an element that is not mandated is left out with a warning.
  mutating func note(_ complaint: Complaint, _ element: any ProfileElement) {
    warnings.append(PEStatus(complaint.status, identification: element.identification))
  }

  /// The answer to an installation that went well.
  var success: EUICCResponse { EUICCResponse(warnings + [PEStatus(.ok)], isAborted: false) }
}
