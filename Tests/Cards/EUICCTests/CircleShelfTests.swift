import CircleOfTrust
import Identifiers
import SGP22
import TLV
import TestSupport
import Testing

import EUICC

@Suite("Whom the eUICC trusts") struct CircleShelfTests {
  @Test("a list is verified once, not at every command; a new one is") func verifications() throws {
    let world = try TestCircle()
    func list(_ number: Int) throws -> [UInt8] {
      try world.root.revocationList(
        number: number, revoked: [:], thisUpdate: TestCircle.start, nextUpdate: TestCircle.start + .seconds(60)
      ).encoded
    }
    let (first, second) = (try list(1), try list(2))
    let shelf = CircleShelf()
    for _ in 0..<5 { #expect(shelf.circle([world.root.certificate], [first]).revocationLists.count == 1) }
    #expect(shelf.verifications == 1)
    _ = shelf.circle([world.root.certificate], [second])
    #expect(shelf.verifications == 2)
  }

  @Test("§5.7.12: baseCrlMissing is 6") func failures() {
    #expect(ES10b.LoadCRL.Failure(rawValue: 6) == .baseCrlMissing)
  }
}
