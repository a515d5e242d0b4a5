extension Order {
  /// A profile's life at the SM-DP+ (SGP.22 §3.1.6), told on by the eUICC's notifications once it is installed.
  public enum State: Int, Sendable, CaseIterable, CustomStringConvertible {
    /// In stock: nobody ordered it.
    case available = 0
    /// Ordered, for no particular eUICC.
    case allocated = 1
    /// Ordered for one eUICC.
    case linked = 2
    /// Ordered with everything the download needs; not released yet.
    case confirmed = 3
    /// Ready for download.
    case released = 4
    /// Delivered as a bound package; the eUICC has not told yet what became of it.
    case downloaded = 5
    /// Installed, as the eUICC says.
    case installed = 6
    /// Installed and in use.
    case enabled = 7
    /// Installed and not in use.
    case disabled = 8
    /// Deleted from the eUICC.
    case deleted = 9
    /// Not installed, and no further try is allowed.
    case error = 10
    /// Taken out of use by its owner.
    case unavailable = 11

    /// The word that command line, import files and the event record use.
    public var description: String {
      switch self {
      case .available: "available"
      case .allocated: "allocated"
      case .linked: "linked"
      case .confirmed: "confirmed"
      case .released: "released"
      case .downloaded: "downloaded"
      case .installed: "installed"
      case .enabled: "enabled"
      case .disabled: "disabled"
      case .deleted: "deleted"
      case .error: "error"
      case .unavailable: "unavailable"
      }
    }

    /// The state that `word` names.
    public init?(_ word: some StringProtocol) {
      guard let state = Self.allCases.first(where: { $0.description == word.lowercased() }) else { return nil }
      self = state
    }

    /// The states that may follow: the one table of a profile's life.
    public var successors: Set<State> {
      switch self {
      case .available: [.allocated, .linked, .unavailable]
      case .allocated: [.linked, .confirmed, .released, .available, .unavailable]
      case .linked: [.confirmed, .released, .available, .unavailable]
      case .confirmed: [.released, .available, .unavailable]
      // A second eUICC may follow the first when the first one's try ended without a package.
      case .released: [.downloaded, .available, .unavailable, .error]
      // Back to released: the eUICC told that it installed nothing and the fault may pass.
      case .downloaded: [.installed, .released, .error, .enabled, .disabled, .deleted]
      // Notifications may overtake one another, so each of them may follow the installation.
      case .installed, .enabled, .disabled: [.installed, .enabled, .disabled, .deleted]
      case .deleted: [.available, .unavailable]
      case .error: [.available, .released, .unavailable]
      case .unavailable: [.available]
      }
    }

    /// Whether the profile is on an eUICC, as far as is known.
    public var isOnCard: Bool { [.installed, .enabled, .disabled].contains(self) }

    /// Whether the order may still be cancelled by its owner (SGP.22 §5.3.3); an order that ended in an error is, so that
    /// its profile is free or out of use, as the owner says (§3.1.6).
    public var isCancellable: Bool { [.allocated, .linked, .confirmed, .released, .error].contains(self) }
  }

  /// A change that the table of a profile's life does not have.
  public struct IllegalTransition: Error, Equatable, CustomStringConvertible {
    public let from: State
    public let to: State
    public var description: String { "a profile that is \(from) does not become \(to)" }
  }
}
