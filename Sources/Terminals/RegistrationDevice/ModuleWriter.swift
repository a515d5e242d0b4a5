import Bytes
import HandsetRegistration
import SecureMessages
import Transport

/// A module writer: a module of terminal kind that carries E(KD_COB, KE_C) from the carrier to the factory, so that
/// nobody keys it in. PWD goes to no module but one that a known maker certified.
public struct ModuleWriter {
  private let module: ModuleAccess
  private let authorities: Authorities
  private let clock: DeviceClock

  /// The writer whose own module `link` reaches.
  public init(module link: any CardLink, authorities: Authorities, clock: DeviceClock) throws {
    (self.authorities, self.clock) = (authorities, clock)
    module = try ModuleAccess(link)
    try module.check(authorities, by: clock)
  }

  /// At the carrier: command 3 takes the signature data in.
  public func load(_ signatureData: [UInt8], password: Secret) throws {
    try check(signatureData)
    _ = try module.send(.supervisorMode, password.bytes)
    _ = try module.send(.signatureDataWrite, signatureData)
  }

  /// At the factory (Fig. 4 (d), Fig. 22 (d)): command 5 gives it out, and the new module takes it with 4; one of terminal
  /// kind also keeps it (Fig. 27 (d)).
  public func write(into link: any CardLink, password: Secret) throws {
    let data = try module.send(.signatureDataRead)
    try check(data)
    let new = try ModuleAccess(link)
    try new.check(authorities, by: clock)
    _ = try new.send(.supervisorMode, password.bytes)
    _ = try new.send(.carrierKeyWrite, data)
    guard new.certificate.claimedBody.kind == .terminal else { return }
    _ = try new.send(.supervisorMode, password.bytes)
    _ = try new.send(.signatureDataWrite, data)
  }

  /// A module has no clock, its writer has one: a statement of the consortium that is over goes into none.
  private func check(_ signatureData: [UInt8]) throws {
    guard let statement = try? Signed<CarrierKey>(encoded: signatureData),
      authorities.carrier(statement, by: clock) != nil
    else { throw DeviceError.foreignCarrier }
  }
}
