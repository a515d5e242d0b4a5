import APDU
import Bytes
import Identifiers
import Keys
import SGP02
import SecureChannel
import SecureElement
import TLV
import UICC

/// The root security domain of an eUICC that an SM-SR manages over the air (SGP.02 §2.2.1.1). What is in variables here goes
/// with the power.
public final class ISDR: Application {
  let vault: KeyVault
  /// Parts of messages that are not whole yet.
  var concatenation = Concatenation()
  /// The ISD-P that STORE DATA is for (INSTALL [for personalization]); the ISD-R itself where it is nil.
  var personalised: AID?
  /// Whose certificate was found good, and the challenge that it has to sign.
  var presented: Presented?
  /// A profile on its way in.
  var loading: Loading?
  /// How the network is doing.
  var watch = NetworkWatch()
  private var isPINVerified = false

  init(vault: KeyVault) { self.vault = vault }

  public func identifiers(in exchange: Exchange) -> [AID] { [SecurityDomains.isdr] }

  public func select(_ aid: AID, in exchange: Exchange) throws(StatusWordError) -> [UInt8] {
    securityDomainInformation(aid)
  }

  public func powerOn(in exchange: Exchange) throws(StatusWordError) { watchNetwork(in: exchange) }

  public func envelope(_ envelope: Envelope, in exchange: Exchange) throws(StatusWordError) -> Response? {
    switch envelope.kind {
    case .shortMessageDownload: try receive(envelope, in: exchange)
    case .eventDownload: try networkChanged(envelope, in: exchange)
    case .timerExpiration: try timerExpired(envelope, in: exchange)
    default: nil
    }
  }

  /// What the device itself may ask: the report, without what it has no right to, and a proof of identity.
  public func respond(to exchange: Exchange) throws(StatusWordError) -> Response? {
    let command = exchange.command
    if command.ins == 0x20, command.cla & 0x80 == 0 { return try verifyPIN(in: exchange) }
    guard command.cla & 0x80 != 0, [0xCA, 0xE2].contains(command.ins) else { return nil }
    switch try ES5(command.on(channel: 0)) {
    case .getReport:
      var report = try CardRecords(exchange.memory).constants().report
      if !isPINVerified { report.commonInformation = nil }
      return Response(report.encoded)
    case .proveIdentity(let proof): return Response(try prove(proof, in: exchange))
    default: throw StatusWordError(.securityStatus)
    }
  }

  /// VERIFY with P2 01: the PIN of the certificate profile. A try is spent, durably, before it is compared.
  private func verifyPIN(in exchange: Exchange) throws(StatusWordError) -> Response {
    let (command, records) = (exchange.command, CardRecords(exchange.memory))
    guard command.p1 == 0, command.p2 == 1 else { throw StatusWordError(.wrongP1P2) }
    guard command.data.count == 8 else { throw StatusWordError(.wrongLength) }
    guard let wrapped = records.bytes(CardRecords.Item.pin) else { throw StatusWordError(.referencedDataNotFound) }
    let tries = records.bytes(CardRecords.Item.pinTries)?.first ?? 3
    guard tries > 0 else { throw StatusWordError(.blocked) }
    records.write(CardRecords.Item.pinTries, [tries - 1])
    try exchange.memory.commit()
    isPINVerified = false
    let pin = try secret(wrapped, Place.pin(try records.constants().eid))
    guard equalInConstantTime(pin.bytes, command.data) else {
      throw StatusWordError(.verificationFailed(tries: Int(tries) - 1))
    }
    records.write(CardRecords.Item.pinTries, nil)
    isPINVerified = true
    return Response()
  }

  /// A secret of the card's; 6F00 where the vault cannot open it.
  func secret(_ wrapped: [UInt8], _ place: String) throws(StatusWordError) -> Secret {
    do { return try vault.unwrap(wrapped, context: place) } catch { throw StatusWordError(.technicalProblem) }
  }

  func wrap(_ secret: Secret, _ place: String, _ random: any RandomSource) throws(StatusWordError) -> [UInt8] {
    do {
      return try vault.wrap(secret, context: place, random: random)
    } catch { throw StatusWordError(.technicalProblem) }
  }
}

/// What SELECT answers for a security domain (GlobalPlatform Card Specification §11.9.3.1).
func securityDomainInformation(_ aid: AID) -> [UInt8] {
  var writer = TLVWriter()
  writer.write(0x6F) { writer in
    writer.write(0x84, aid)
    writer.write(0xA5) { writer in writer.write(0x9F65, bytes: [0xFF]) }
  }
  return writer.bytes
}

/// The eUICC's certificate authority security domain (SGP.02 §2.2.1.2): the ISD-R asks it, nobody else does.
final class ECASD: Application {
  func identifiers(in exchange: Exchange) -> [AID] { [SecurityDomains.ecasd] }

  func select(_ aid: AID, in exchange: Exchange) throws(StatusWordError) -> [UInt8] {
    securityDomainInformation(aid)
  }
}
