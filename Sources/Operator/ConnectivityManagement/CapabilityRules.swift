import SGP02

/// What an operator wants of an eUICC before it lets a profile go there (E1, E2 of the founding document: status and
/// technical capability report).
public struct CapabilityRules: Sendable, Equatable {
  /// Bytes that must be free.
  public var leastMemory = 16_384
  /// Services that the operator's profiles demand.
  public var services: Set<String> = []
  /// Platforms that the operator has approved, by how their names begin; any where it is empty.
  public var platforms: [String] = []

  /// The usual rules.
  public init() {}

  /// Why the eUICC does not do; nil where it does.
  public func objection(to report: EUICCReport) -> String? {
    guard let status = report.status, let information = report.commonInformation else {
      return "the eUICC does not say what it can do"
    }
    if status.freeMemory < leastMemory { return "\(status.freeMemory) bytes are free, \(leastMemory) are wanted" }
    let missing = services.subtracting(status.services.split(separator: " ").map(String.init))
    if !missing.isEmpty { return "it lacks \(missing.sorted().joined(separator: ", "))" }
    guard platforms.isEmpty || platforms.contains(where: { information.platform.hasPrefix($0) }) else {
      return "its platform \(information.platform) is not approved"
    }
    return nil
  }
}
