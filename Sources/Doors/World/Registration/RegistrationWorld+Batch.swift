import BatchModule
import Bytes
import CarrierTerminal
import DealerTerminal
import HandsetRegistration
import Identifiers
import Keys
import SecureElement
import SecureMessages
import Transport
import TransportCard

extension RegistrationWorld {
  /// A carrier's module for an off-line dealer's terminal, as the carrier makes it (A5).
  public func makeBatchModule(on memory: any CardMemory = VolatileMemory()) throws -> InProcessCard {
    try BatchSigner.make(
      carrier: carrier.known, key: PrivateKey(.p256, random: random), on: memory, vault: vault, random: random)
    return InProcessCard(SoftwareModule(batchModuleIn: memory, vault: vault, random: random))
  }

  /// A batch of `count` IDs goes into the terminal's module; its number.
  @discardableResult public func supply(_ count: Int, to terminal: OfflineTerminal) throws -> Int {
    let batch = try desk.issue(
      count, toDealer: Self.dealer, key: PublicKey(.p256, point: terminal.moduleKey), from: now,
      to: now + .seconds(90 * 86_400), random: random)
    try terminal.load(desk.supply(batch: batch, answering: terminal.challenge(), now: now))
    return batch
  }

  /// The terminal's log goes to the carrier, who compares it with the books; where the batch is recalled, it is closed.
  public func reconcile(_ batch: Int, at terminal: OfflineTerminal, recalls: Bool) throws -> BatchReconciliation {
    let challenge = try desk.audit(batch: batch, random: random)
    return try desk.reconcile(batch: batch, terminal.report(answering: challenge, recalls: recalls), now: now)
  }
}
