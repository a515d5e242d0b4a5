import APDU
import Bytes
import Identifiers
import Keys
import ProfileMove
import SecureElement
import UICC

// System D, Fig. 4: a profile that its provider signed is used on the eUICC that it was signed for, with the subscriber's
// identity that was signed, and on no other and with no other. It is asked when the profile is installed, at each
// selection by the user, and whenever the card gets power: at boot and after flight mode.

extension ISDR {
  /// Steps 402 to 406: whether `profile` may be used. One without a seal may: SGP.22 knows none.
  func mayUse(_ profile: InstalledProfile, in exchange: Exchange) throws(StatusWordError) -> Bool {
    guard let encoded = profile.seal else { return true }
    let trust = try CardTrust(CardRecords(exchange.memory), circles)
    // Step 405: the signature, by a provider whom the eUICC's certificate issuer vouched for at that time.
    guard let seal = try? ProfileSeal(encoded: encoded), let time = seal.claimedTime,
      let provider = try? trust.verify(seal.certificate, as: .dpProfileBinding, at: time),
      let identity = try? seal.verified(by: provider)
    else { return false }
    // Steps 403 and 405: eSE, IMSI and key are those that were signed.
    let subscriber = exchange.fileSystem(in: profile.area)?.subscriber
    return identity.describes(
      iccid: profile.iccid, eid: trust.constants.eid, imsi: subscriber?.imsi, key: subscriber?.key)
  }

  /// Step 404 at boot: a profile that may not be used is disabled, and its provider is told.
  public func powerOn(in exchange: Exchange) throws(StatusWordError) {
    let records = CardRecords(exchange.memory)
    guard let profile = records.enabledProfile, try !mayUse(profile, in: exchange) else { return }
    try disable(profile, in: exchange)
  }
}

extension FileSystem {
  /// The IMSI of the first USIM, and its K.
  fileprivate var subscriber: (imsi: IMSI?, key: Secret?)? {
    for application in tree.applications {
      guard let file = tree.child(0x6F07, of: application) else { continue }
      return (try? IMSI(bytes: content(of: file)), authentication(of: application)?.key)
    }
    return nil
  }
}
