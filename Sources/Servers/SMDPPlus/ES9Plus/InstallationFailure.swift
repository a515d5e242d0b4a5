import ProfilePackage
import SGP22
import TLV

/// Why an eUICC did not install a package, in words for the record and the operator.
struct InstallationFailure: CustomStringConvertible {
  private let error: ErrorResult
  /// The elements' names in the package by their numbers, as far as the package can be read.
  private let names: [Int: String]

  /// `package` is the one that was given, if it is at hand.
  init(_ error: ErrorResult, package: Package?) {
    self.error = error
    names = Dictionary(
      (package?.elements ?? []).compactMap { element in element.header.map { ($0.identification, element.name) } },
      uniquingKeysWith: { first, _ in first })
  }

  /// What the operator is told, after which no further try is allowed or one is; the elements that failed are named.
  func refusal(isFinal: Bool) -> Refusal {
    var refusal: Refusal =
      switch error.errorReason {
      case let reason where reason.mayPass && isFinal: .downloadRetriesExceeded
      case .installFailedDueToInsufficientMemoryForProfile: .insufficientMemory
      default: .euiccFailed
      }
    refusal.message = String(description.prefix(500))
    return refusal
  }

  var description: String {
    (["not installed: \(error.bppCommandId): \(error.errorReason)"] + failures).joined(separator: "; ")
  }

  /// The elements that failed, as the eUICC says.
  private var failures: [String] {
    var responses = TLVReader(error.simaResponse ?? [])
    var texts: [String] = []
    while let response = try? responses.read(EUICCResponse.self), texts.count < 16 {
      texts += response.peStatus.filter { $0.status != .ok }.map { status in
        let name = status.identification.flatMap { names[$0] }.map { " (\($0))" } ?? ""
        let more = status.additionalInformation.map { ", additional information \($0)" } ?? ""
        return "\(status)\(name)\(more)"
      }
      if let message = response.statusMessage { texts.append(message) }
    }
    return texts
  }
}
