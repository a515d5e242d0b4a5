import APDU
import TLV

/// A parser that is fed with anything: whatever it gets, it must return or refuse, never trap.
public struct FuzzTarget: Sendable {
  /// The target's name: the folder of its corpus under Fuzz/corpus.
  public let name: String
  /// Feeds the parser; traps where a rule of the parser itself is broken.
  public let feed: @Sendable ([UInt8]) -> Void

  init(_ name: String, _ feed: @escaping @Sendable ([UInt8]) -> Void) { (self.name, self.feed) = (name, feed) }

  /// All targets, lowest room first.
  public static let all: [FuzzTarget] = [
    tlv, apdu, json, certificate, revocationList, privateKey, segments, fileControlParameters, accessRule, toolkit,
    profilePackage, es9PlusJSON, sgp22, card, euicc, identityModule, paymentCard, securityDomains, managedEUICC,
    carrierTerminal, orderImport, handsetRegistration, offlineCard, globalPlatform, mutualAgreement, agreementParties,
    gsup, eapSIMDatabase, tables, cardMemory,
  ]

  static let tlv = FuzzTarget("tlv") { bytes in
    func walk(_ element: TLVElement) throws(TLVError) {
      if element.tag.isConstructed { for child in try element.children() { try walk(child) } }
    }
    guard let element = try? TLVElement(bytes) else { return }
    try? walk(element)
    var writer = TLVWriter()
    writer.write(element.tag, bytes: element.content)
    precondition(writer.bytes == bytes, "what DER reads it writes in the same bytes")
  }

  static let apdu = FuzzTarget("apdu") { bytes in
    guard let command = try? Command(bytes: bytes) else { return }
    let again = try? Command(bytes: command.bytes)
    precondition(again == command, "a command survives its own bytes")
  }
}
