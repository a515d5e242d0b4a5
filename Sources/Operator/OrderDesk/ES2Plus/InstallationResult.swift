import SGP22
import TLV

/// What a report of the SM-DP+ says about an installation, in its own words and in the eUICC's.
struct InstallationResult {
  /// A failure, as people are told of it.
  struct Failure {
    /// What went wrong, at most 500 characters.
    let text: String
    /// Whether this profile will not be installed by any further try.
    let isFinal: Bool
  }

  /// Whether the profile is on an eUICC.
  let isInstalled: Bool
  let failure: Failure?
  /// Why the two words do not go together.
  let contradiction: String?

  init(_ request: ES2Plus.HandleDownloadProgressInfo.Request) {
    let refusal: Refusal? =
      switch request.notificationPointStatus {
      case .executedSuccess, .executedWithWarning: nil
      case .failed(let refusal), .expired(let refusal): refusal
      }
    let isInstallation = request.notificationPoint == .bppInstallation
    isInstalled = isInstallation && refusal == nil
    var error: ErrorResult?
    switch Self.finalResult(request.resultData) {
    case .success(.successResult?) where isInstallation && refusal != nil:
      contradiction = "the eUICC's own result is a success"
    case .success(.errorResult?) where isInstalled: contradiction = "the eUICC's own result is an error"
    case .success(.errorResult(let result)?): (error, contradiction) = (result, nil)
    case .success: contradiction = nil
    case .failure(let doubt): contradiction = isInstallation ? doubt.reason : nil
    }
    failure = refusal.map { refusal in
      let words = [refusal.message ?? refusal.description, error.map { "\($0.bppCommandId): \($0.errorReason)" }]
      return Failure(
        text: String(words.compactMap(\.self).joined(separator: "; ").prefix(500)),
        isFinal: Self.isFinal(refusal, error))
    }
  }

  /// SGP.22 §3.1.6: the Error state is reached by an exceeded retry limit, a rejection by the end user, an order that
  /// expired, and an installation that failed for good.
  private static func isFinal(_ refusal: Refusal, _ error: ErrorResult?) -> Bool {
    // Reason 6.4: a maximum number of retries has been exceeded.
    if refusal.reasonCode == Refusal.downloadRetriesExceeded.reasonCode { return true }
    if refusal == .downloadOrderExpired { return true }
    if let error { return !error.errorReason.mayPass }
    return refusal == .euiccFailed
  }

  private struct Doubt: Error { let reason: String }

  /// ProfileInstallationResultData.finalResult [2] CHOICE { successResult SuccessResult, errorResult ErrorResult }
  private static func finalResult(_ data: [UInt8]?) -> Result<ProfileInstallationResultData.FinalResult?, Doubt> {
    guard let data else { return .success(nil) }
    do {
      let element = try TLVElement(data)
      guard element.tag == 0xA2 else {
        return .failure(Doubt(reason: "the eUICC's result has the tag \(element.tag)"))
      }
      return .success(try ProfileInstallationResultData.FinalResult(element))
    } catch { return .failure(Doubt(reason: "the eUICC's result cannot be read: \(error)")) }
  }
}
