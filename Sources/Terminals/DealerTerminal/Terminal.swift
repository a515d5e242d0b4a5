import HandsetRegistration

/// A dealer's terminal (Figs 5, 6, 17): it carries messages between handset and carrier, and holds no keys.
public final class Terminal: RegistrationLine {
  /// How the handset hangs on it.
  public enum Coupling {
    /// The connector of the handset's model.
    case cable
    /// Low-power radio in the drawer; `setting` is what the handset's transmitter is set to.
    case radio(Drawer, setting: () -> RadioSetting)
  }

  /// Why it carries nothing.
  public enum Refusal: Error, Hashable, CustomStringConvertible {
    /// The drawer is not locked: the terminal is off.
    case drawerOpen
    /// The handset's transmitter is not set to registration.
    case wrongRadio

    public var description: String {
      switch self {
      case .drawerOpen: "lay the handset into the drawer, push it in and lock it"
      case .wrongRadio: "the handset does not transmit on the registration frequency: start its registration"
      }
    }
  }

  private let coupling: Coupling
  private let carrier: any RegistrationLine

  /// A terminal that has dialled `carrier` (A1 (a, b)).
  public init(_ coupling: Coupling, carrier: any RegistrationLine) {
    (self.coupling, self.carrier) = (coupling, carrier)
  }

  public func exchange(_ message: [UInt8]) throws -> [UInt8] {
    try carry(message)
    let answer = try carrier.exchange(message)
    try carry(answer)
    return answer
  }

  /// Between handset and terminal.
  private func carry(_ bytes: [UInt8]) throws {
    guard case .radio(let drawer, let setting) = coupling else { return }
    guard drawer.state == .locked else { throw Refusal.drawerOpen }
    guard setting() == .registration else { throw Refusal.wrongRadio }
    drawer.radiate(bytes, .registration)
  }
}
