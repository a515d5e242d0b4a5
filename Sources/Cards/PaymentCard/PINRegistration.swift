import APDU
import OfflineCard
import SecureElement
import SecureMessages
import TLV

/// B2 (Figs 4 and 6): the user proves with the setting number that a PIN may be set. A PIN is changed in the same way.
extension PaymentCard {
  /// The notice of paragraph 0011: "sends the PIN registration notice to the card, and lets it know that the registration
  /// has begun".
  func beginRegistration(
    _ data: [UInt8], _ link: inout OpenLink, in exchange: Exchange
  ) throws(StatusWordError) -> [UInt8] {
    guard case .idle = link.stage, link.x != nil else { throw StatusWordError(.conditionsOfUse) }
    guard data.isEmpty else { throw StatusWordError(.wrongData) }
    link.stage = .registering(isProved: false)
    return []
  }

  /// Compares Ns' with Ns; 9000 is the first OK notice. A try is spent, durably, before anything is compared.
  func checkSettingNumber(
    _ data: [UInt8], _ link: inout OpenLink, in exchange: Exchange
  ) throws(StatusWordError) -> [UInt8] {
    guard case .registering(isProved: false) = link.stage else { throw StatusWordError(.conditionsOfUse) }
    guard let element = try? TLVElement(data), element.tag == .octetString, let number = try? SettingNumber(element)
    else { throw StatusWordError(.wrongData) }
    let contents = CardContents(exchange, vault)
    let identity = try identity(in: contents)
    guard contents.counters.settingNumberTries > 0 else {
      // Power was cut at the third wrong one.
      guard identity.body.diesOfMisuse else { throw StatusWordError(.blocked) }
      contents.counters.isUnusable = true
      throw StatusWordError(.cardUnusable)
    }
    contents.counters.settingNumberTries -= 1
    try contents.commit()
    guard try contents.isSettingNumber(number) else {
      let left = contents.counters.settingNumberTries
      // Paragraph 0013: "by recording in the card that it is misused, its use can be made impossible from then on".
      if left == 0, identity.body.diesOfMisuse {
        contents.counters.isUnusable = true
        throw StatusWordError(.cardUnusable)
      }
      throw StatusWordError(.verificationFailed(tries: Int(left)))
    }
    contents.counters.settingNumberTries = CardContents.mostTries
    link.stage = .registering(isProved: true)
    return []
  }

  /// Verifies ST(R‖X‖Nc) and keeps Nc.
  func setPIN(_ data: [UInt8], _ link: inout OpenLink, in exchange: Exchange) throws(StatusWordError) -> [UInt8] {
    guard case .registering(isProved: true) = link.stage, let x = link.x else {
      throw StatusWordError(.conditionsOfUse)
    }
    let contents = CardContents(exchange, vault)
    let identity = try identity(in: contents)
    // X is answered once, rightly or not, and the registration is over.
    link.x = nil
    link.stage = .idle
    guard let signed = try? Signed<PINRegistration>(encoded: data), let terminal = try? link.terminal.holder,
      let registration = try? signed.verified(from: terminal, to: identity.holder.party, answering: x),
      registration.r == link.r
    else { throw StatusWordError(.securityStatus) }
    try contents.write(registration.pin)
    contents.counters.pinTries = CardContents.mostTries
    return []
  }

  /// The terminal tells that its user did not know the registration number, three times (paragraph 0013).
  func makeUnusable(
    _ data: [UInt8], _ link: inout OpenLink, in exchange: Exchange
  ) throws(StatusWordError) -> [UInt8] {
    let contents = CardContents(exchange, vault)
    guard case .registering(isProved: false) = link.stage, try identity(in: contents).body.diesOfMisuse else {
      throw StatusWordError(.conditionsOfUse)
    }
    contents.counters.isUnusable = true
    throw StatusWordError(.cardUnusable)
  }
}
