import Bytes
import HandsetRegistration
import Transport

/// A module writer: a module of terminal kind that carries E(KD_COB, KE_C) from the carrier to the factory, so that
/// nobody keys it in.
public struct ModuleWriter {
  private let module: ModuleAccess

  /// The writer whose own module `link` reaches.
  public init(module link: any CardLink) throws { module = try ModuleAccess(link) }

  /// At the carrier: command 3 takes the signature data in.
  public func load(_ signatureData: [UInt8], password: Secret) throws {
    _ = try module.send(.supervisorMode, password.bytes)
    _ = try module.send(.signatureDataWrite, signatureData)
  }

  /// At the factory (Fig. 4 (d), Fig. 22 (d)): command 5 gives it out, and the new module takes it with 4; one of terminal
  /// kind also keeps it (Fig. 27 (d)).
  public func write(into link: any CardLink, password: Secret) throws {
    let data = try module.send(.signatureDataRead)
    let new = try ModuleAccess(link)
    _ = try new.send(.supervisorMode, password.bytes)
    _ = try new.send(.carrierKeyWrite, data)
    guard new.certificate.claimedBody.kind == .terminal else { return }
    _ = try new.send(.supervisorMode, password.bytes)
    _ = try new.send(.signatureDataWrite, data)
  }
}
