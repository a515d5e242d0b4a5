import HandsetRegistration

/// The drawer of a dealer's terminal for low-power radio (Fig. 18): the handset lies on the flat antenna, and the metal
/// around it keeps low power in.
public final class Drawer {
  /// Open, pushed in, or locked with the key, which turns the terminal on.
  public enum State: Hashable, Sendable {
    case open
    case closed
    case locked
  }

  /// Somebody who listens at a distance in metres from the drawer, and what was decoded there.
  public final class Listener {
    public let distance: Double
    public fileprivate(set) var heard: [[UInt8]] = []

    /// A listener `distance` metres away.
    public init(distance: Double) { self.distance = distance }
  }

  public private(set) var state = State.open
  private var listeners: [Listener] = []

  /// An open drawer.
  public init() {}

  /// Pushed in.
  public func close() { if state == .open { state = .closed } }

  /// Locked; a drawer that is open cannot be.
  public func lock() { if state == .closed { state = .locked } }

  /// Unlocked and pulled out: the terminal goes off.
  public func open() { state = .open }

  /// Lets somebody listen.
  public func add(_ listener: Listener) { listeners.append(listener) }

  /// Radio carries `bytes` with what the transmitter is set to: a pushed-in drawer lets low power through to nobody.
  func radiate(_ bytes: [UInt8], _ setting: RadioSetting) {
    let isShielded = state != .open && setting == .registration
    for listener in listeners where !isShielded && listener.distance <= setting.range { listener.heard.append(bytes) }
  }
}
