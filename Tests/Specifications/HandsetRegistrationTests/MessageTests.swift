import APDU
import HandsetRegistration
import Keys
import SecureMessages
import Testing

@Suite("Handset registration: words") struct MessageTests {
  @Test("each command of the tables has an instruction of its own, even and not of ISO/IEC 7816-4's 6X and 9X")
  func instructions() {
    let all = ModuleCommand.allCases.map(\.instruction)
    #expect(Set(all).count == 11)
    #expect(all.allSatisfy { $0 % 2 == 0 && ![0x6, 0x9].contains($0 >> 4) })
  }

  @Test("a model's name follows from its key alone") func models() {
    let random = SeededRandomSource(seed: [1])
    let (a, b) = (PrivateKey(.p256, random: random), PrivateKey(.p256, random: random))
    #expect(Party.model(a.publicKey) == Party.model(a.publicKey))
    #expect(Party.model(a.publicKey) != Party.model(b.publicKey))
  }
}
