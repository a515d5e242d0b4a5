import APDU
import Bytes
import HandsetRegistration
import Identifiers
import Keys
import SecureMessages
import TLV
import Transport

/// The identity module in the device, or the card in its slot, as the device speaks to it.
public struct ModuleAccess {
  private let channel: TerminalChannel
  /// Who it is, by its maker's word.
  public let certificate: Signed<ModuleCertificate>

  /// Selects the module on the basic channel of `link`.
  public init(_ link: any CardLink) throws {
    channel = TerminalChannel(link)
    let answer = try channel.send(Command(cla: 0, ins: 0xA4, p1: 0x04, p2: 0, data: AID.identityModule.bytes))
    guard answer.status == .ok, let certificate = try? Signed<ModuleCertificate>(encoded: answer.data) else {
      throw DeviceError.noModule
    }
    self.certificate = certificate
  }

  /// Whether it is part of the device (Fig. 1), and no card in its slot (Fig. 19).
  public var isBuiltIn: Bool { certificate.claimedBody.kind != .card }

  public var party: Party { .module(certificate.claimedBody.number) }

  /// Refuses a module that no maker certified.
  public func check(_ authorities: Authorities, by clock: DeviceClock) throws {
    guard authorities.certify(certificate, by: clock) else { throw DeviceError.foreignModule }
  }

  /// The answer's data; refused where the module does not answer 9000.
  public func send(_ command: ModuleCommand, p1: UInt8 = 0, p2: UInt8 = 0, _ data: [UInt8] = []) throws -> [UInt8] {
    let answer = try channel.send(command.command(p1: p1, p2: p2, data: data))
    guard answer.status == .ok else { throw DeviceError.module(command, answer.status) }
    return answer.data
  }

  /// Command 10.
  public func challenge(_ slot: ChallengeSlot) throws -> Challenge {
    guard let challenge = Challenge(try send(.challenge, p1: slot.rawValue)) else { throw DeviceError.noModule }
    return challenge
  }

  /// Command 11 with j = 1, 2, … until a key answers, which the consortium has to have certified; nil where none does.
  /// `told` is the time in the carrier's answer.
  public func carrierKey(
    _ proof: CarrierKeyProof, _ statement: [UInt8], told: Instant? = nil, by authorities: Authorities,
    _ clock: DeviceClock
  ) throws -> KnownParty? {
    for number in UInt8(1)...UInt8.max {
      do {
        let answer = try send(.carrierKeyRead, p1: number, p2: proof.rawValue, statement)
        guard let key = try? Signed<CarrierKey>(encoded: answer),
          let carrier = authorities.carrier(key, by: clock, told: told)
        else { throw DeviceError.notAuthentic }
        return carrier
      } catch DeviceError.module(_, .securityStatus) {
        continue
      } catch DeviceError.module(_, .referencedDataNotFound), DeviceError.module(_, .conditionsOfUse) {
        return nil
      }
    }
    return nil
  }

  /// Command 12: the module signs that it is here.
  public func presence(for carrier: Party, answering challenge: Challenge) throws -> Signed<ModulePresence> {
    try Signed(encoded: send(.compute, p1: Computation.presence.rawValue, Self.data(carrier, challenge)))
  }

  /// Command 12: ID_A proves itself by its key.
  public func terminalProof(for carrier: Party, answering challenge: Challenge) throws -> [UInt8] {
    try send(.compute, p1: Computation.terminalProof.rawValue, Self.data(carrier, challenge))
  }

  private static func data(_ carrier: Party, _ challenge: Challenge) -> [UInt8] {
    var writer = TLVWriter()
    writer.write(0x80, carrier)
    writer.write(0x81, challenge)
    return writer.bytes
  }

  /// What the module signed in answer to command 9, in the way of Tables 1 to 3, or with an approval in the way of Table 4.
  public func read(as model: KeyHolder, with approval: Signed<ModelApproval>? = nil, random: any RandomSource) throws
    -> IDReading
  {
    let (number, nonce) = (try self.challenge(.possession), Challenge(random: random))
    let request = try Signed(
      ReadRequest(key: model.key.publicKey, challenge: nonce), by: model, to: party, answering: number)
    let variant: ReadVariant = approval == nil ? .registered : .approvalIncluded
    let answer = try send(.idRead, p2: variant.rawValue, (approval?.encoded ?? []) + request.encoded)
    do {
      return try Sealed<Signed<IDReading>>(encoded: answer).opened(from: party, by: model, answering: nonce)
        .verified(from: certificate.claimedBody.known, to: model.party, answering: nonce)
    } catch { throw DeviceError.notAuthentic }
  }
}
