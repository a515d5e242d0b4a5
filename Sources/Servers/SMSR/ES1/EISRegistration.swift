import CircleOfTrust
import Identifiers
import Keys
import MutualAuthentication
import SGP02
import SGP22
import SecureMessages
import Stations
import Store

extension Desk {
  /// SGP.02 §5.2.1 ES1.RegisterEIS: the eUICC's maker says what it made and hands over the management keys.
  public func registerEIS(
    _ request: ES1.RegisterEIS.Request, from maker: Requesters.Requester, given: Given, in reader: any Reader
  ) throws -> Decision<NoFields> {
    let (info, keySet) = try verified(request, from: maker, given: given)
    guard try !EISTable.isManaged(info.eid, in: reader) else {
      throw Refusal.eisRegistered.because("\(maker.identifier) registered \(info.eid) again")
    }
    guard request.eis.isConsistent else {
      throw Refusal.eisUnverified.because("the profiles of \(info.eid) contradict each other")
    }
    return Decision(
      .success(NoFields()), correlation: info.eid.digits,
      changes: [
        EISTable.Change.registered(request.eis, info.eid, maker: maker.identifier),
        try keys.wrapped(keySet, random: given.random),
        trail("EIS", "registered by \(maker.identifier)", of: info.eid, given: given),
      ])
  }

  /// What the maker signed, and the keys that it sealed to this SM-SR.
  private func verified(
    _ request: ES1.RegisterEIS.Request, from maker: Requesters.Requester, given: Given
  ) throws -> (EumSignedInfo, ManagementKeySet) {
    do {
      let (info, party, _) = try verified(request.eis, given: given)
      guard info.eumId == maker.identifier else {
        throw Refusal.eisUnverified.because("\(info.eid) is none of \(maker.identifier)'s")
      }
      let keySet = try request.keySet.opened(from: party.party, by: me, at: given.now)
        .verified(from: party, to: me.party, at: given.now)
      guard keySet.eid == info.eid else {
        throw Refusal.eisUnverified.because("keys of \(keySet.eid) came for \(info.eid)")
      }
      return (info, keySet)
    } catch let denial as Denial { throw denial } catch {
      throw Refusal.eisUnverified.because("\(maker.identifier): \(error)")
    }
  }
  /// What the maker signed, the maker, and the eUICC's certified key for agreement.
  func verified(_ eis: EIS, given: Given) throws -> (info: EumSignedInfo, maker: KnownParty, key: PublicKey) {
    let eum = try trust.circle.verify([Certificate(encoded: eis.eumCertificate)], as: .eum, at: given.now)
    let party = try EumSignedInfo.maker(eum.publicKey)
    let info = try eis.eumSignedInfo.verified(from: party, at: given.now)
    let eins = eum.certificate.extensions.nameConstraints?.eins ?? []
    guard eins.contains(where: { info.eid.digits.hasPrefix($0) }) else {
      throw Refusal.eisUnverified.because("\(info.eid) is none of the maker's that signed")
    }
    // "No certificate, a bad or a revoked one: no profile": who has none is not even entered.
    guard let certificate = info.agreementCertificate(signedBy: eum.publicKey) else {
      throw Refusal.eisUnverified.because("the certificate of \(info.eid) is not its maker's for it")
    }
    return (info, party, certificate.key)
  }
}

extension EIS {
  /// E4: one active profile at any time, and one as last resort; none twice.
  var isConsistent: Bool {
    profiles.filter { $0.state == .enabled }.count <= 1 && profiles.filter(\.fallbackAttribute).count <= 1
      && Set(profiles.map(\.iccid)).count == profiles.count && Set(profiles.map(\.isdpAid)).count == profiles.count
  }
}
