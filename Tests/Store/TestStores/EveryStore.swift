import Store
import Testing

/// Runs each test of a suite once with every driver there is: what makes its stores with ``StoreKind/current`` meets them
/// all, and an issue says over which it arose.
public struct EveryStore: SuiteTrait, TestTrait, TestScoping {
  public let isRecursive = true

  public func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
  ) async throws {
    guard testCase != nil else { return try await function() }
    // SQLite in a file is the driver of SQLite in memory; StoreContract tests both.
    for kind in StoreKind.available where kind != .file {
      let named = IssueHandlingTrait.compactMapIssues { issue in
        var issue = issue
        issue.comments.append("Over \(kind).")
        return issue
      }
      try await StoreKind.$current.withValue(kind) {
        try await named.provideScope(for: test, testCase: testCase, performing: function)
      }
    }
  }
}

extension Trait where Self == EveryStore {
  /// Once over SQLite in memory, and once over PostgreSQL where it is installed.
  public static var overEveryStore: Self { EveryStore() }
}
