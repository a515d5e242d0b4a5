import Bytes
import Foundation
import Keys
import MutualAgreement
import SecureMessages
import TLV
import World

extension FuzzTarget {
  /// What parties of the data storing system say, whoever it comes from.
  static let mutualAgreement = FuzzTarget("mutual-agreement") { bytes in
    _ = MessageKind.of(bytes)
    let messages: [any TLVSequence.Type] = [
      ErrandRound.self, ErrandStep.self, ErrandDone.self, Taken.self, Refused.self, CatalogueRequest.self,
      Catalogue.self, RegisteredProvider.self, Registration.self,
    ]
    let bodies: [any TLVSequence.Type] = [
      RegistrationApplication.self, IssuerRegistration.self, ProviderRegistration.self, RegistrationWish.self,
      RegistrationCertificate.self, AdmissionWish.self, DomainHandover.self, StoringDataInformation.self,
      StoringWish.self, StoringAuthorisationRequest.self, StoringAuthorisation.self, StandingConsent.self,
      DataSubmission.self, DataCertificate.self, ContentReport.self, ContactWish.self, RevocationList.self,
      Signed<StoringWish>.self, Sealed<Signed<DomainHandover>>.self,
    ]
    for type in messages + bodies { feed(type, bytes) }
  }

  /// A message to issuer, provider and both registrars, none of which anybody signed: it is answered, with a catalogue at
  /// most, and changes nothing.
  static let agreementParties = FuzzTarget("agreement-parties") { bytes in
    AgreementSample.shared.feed(bytes)
  }
}

/// The parties that the target speaks to. `@unchecked Sendable`: one message at a time, under a lock.
private final class AgreementSample: @unchecked Sendable {
  static let shared = AgreementSample()
  private let lock = NSLock()
  private var story: AgreementStory?
  private var count = 0

  func feed(_ bytes: [UInt8]) {
    lock.lock()
    defer { lock.unlock() }
    count += 1
    // Refusals are recorded: a record does not grow for hours.
    if story == nil || count.isMultiple(of: 5000) {
      story = try? AgreementStory(.throughProvider, random: SeededRandomSource(seed: Array("fuzzed parties".utf8)))
    }
    guard let story else { preconditionFailure("the sample is there") }
    let world = story.world
    world.net.clear()
    let stranger = world.net.peers(of: story.card.name.user)
    for party in [story.issuer, story.provider, world.issuerRoot.party, world.dataRoot.party] {
      guard let answer = try? stranger.send(bytes, to: party) else { preconditionFailure("\(party) answers") }
      let isNothing = (try? Refused(encoded: answer)) != nil || (try? Catalogue(encoded: answer)) != nil
      precondition(isNothing, "nothing but refusals comes of it")
    }
  }
}
