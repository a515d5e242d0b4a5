/// What a handset's transmitter is set to: its program switches power and frequency (Fig. 16).
public enum RadioSetting: Hashable, Sendable, CaseIterable {
  /// It does not transmit.
  case off
  /// Very low power, on the frequency kept for registration.
  case registration
  /// The network's power and frequency.
  case network

  /// How far away somebody with a good antenna still receives it, in metres, where nothing is in between.
  public var range: Double {
    switch self {
    case .off: 0
    case .registration: 3
    case .network: 35_000
    }
  }
}
