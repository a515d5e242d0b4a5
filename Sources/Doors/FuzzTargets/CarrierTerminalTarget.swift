import Bytes
import CarrierTerminal
import CustomerManagement
import HandsetRegistration
import Identifiers
import Keys
import SecureMessages
import StoreSQLite
import TLV
import World

extension FuzzTarget {
  /// A message to the carrier's terminal, as a dealer's line brings it: whatever comes is answered, and registers nobody.
  static let carrierTerminal = FuzzTarget("carrier-terminal") { bytes in
    guard let sample = CarrierSample.made else { preconditionFailure("the sample is there") }
    // Bodies are tried as they come, and in the place of each message of a registration.
    let tags: [TLVTag] = [
      RegistrationStart.tag, NumberRequest.requestTag, InformationRequest.requestTag, ReceiptDelivery.tag,
    ]
    let messages = tags.map { tag in
      var writer = TLVWriter()
      writer.write(tag, bytes: bytes)
      return writer.bytes
    }
    for message in [bytes] + messages {
      let answer = sample.desk.respond(
        to: message, dealer: RegistrationWorld.dealer, now: sample.now, random: SeededRandomSource(seed: [3]))
      precondition((try? RegistrationRefused(encoded: answer)) != nil, "nothing but refusals comes of it")
    }
  }
}

/// A carrier's terminal that the target speaks to, made once.
private struct CarrierSample: Sendable {
  let desk: CarrierTerminal.Desk
  let now: Instant

  private struct Company: CreditCompany {
    func answer(about card: CreditCardNumber) -> CreditAnswer { .approved(limit: 1) }
  }

  static let made: CarrierSample? = {
    let now = Instant(seconds: 1_780_000_000)
    do {
      let world = try RegistrationWorld(
        store: SQLiteStore.inMemory(), network: PLMN("00101"), numbers: 2, company: Company(),
        vault: KeyVault(current: Secret([UInt8](repeating: 7, count: 32))),
        random: SeededRandomSource(seed: Array("fuzzed carrier".utf8)), now: now)
      return CarrierSample(desk: world.desk, now: now)
    } catch { return nil }
  }()
}
