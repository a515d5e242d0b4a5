import Bytes
import ContentManagement
import DataProvidingApparatus
import GlobalPlatform
import Identifiers
import IssuingApparatus
import Keys
import MutualAgreement
import SecureMessages
import TestStores
import Testing
import UserApparatus
import World

@Suite("C4, C6, C7: with the issuer's standing consent", .overEveryStore) struct WaysTests {
  @Test(
    "the provider stores and deletes alone, and the card's receipt closes the issuer's book",
    arguments: [AgreementWay.providerAlone, .certifiedProvider, .certifiedData])
  func alone(_ way: AgreementWay) throws {
    let pair = try Pair(way)
    try pair.ask(.store)
    #expect(try pair.shown() != nil)
    #expect(try pair.versions() == ([1], [1]))
    #expect(try pair.issuing.book().map(\.proof) == [.receipt])
    try pair.ask(.store, 2)
    #expect(try pair.versions() == ([2], [2]))
    try pair.ask(.delete, 2)
    #expect(try pair.shown() == nil)
    #expect(try pair.issuing.book().isEmpty && pair.providing.book().isEmpty)
  }

  @Test(
    "C4: consent that is taken back stops the next store, and each card takes the privilege away when it comes",
    arguments: [AgreementWay.providerAlone, .certifiedProvider, .certifiedData])
  func withdrawn(_ way: AgreementWay) throws {
    let pair = try Pair(way)
    try pair.issuing.setConsent(false, to: pair.provider, now: pair.world.now)
    // The provider that has not heard of it yet, or would not hear, is stopped by the card.
    try pair.card.terminal.contact(pair.issuer, now: pair.world.now, random: pair.world.random)
    #expect(throws: UserApparatusError.card(.conditionsOfUse)) {
      try pair.card.terminal.ask(
        .store, StoringDataInformation(loadFile: Pair.file, version: 1), of: pair.provider, through: pair.provider,
        now: pair.world.now, random: pair.world.random)
    }
    try pair.world.deliver()
    #expect(throws: UserApparatusError.refused(.consentRefused)) { try pair.ask(.store) }
    #expect(try pair.shown() == nil)
  }

  @Test("C7: data that the registrar never saw, or in another content than it saw, do not get in")
  func notCertified() throws {
    let pair = try Pair(.certifiedData)
    // Data that the registrar never saw.
    try pair.providing.offer(Pair.item(3))
    #expect(throws: UserApparatusError.self) { try pair.ask(.store, 3) }
    #expect(try pair.shown() == nil)
    // A version has one content at the registrar.
    #expect(throws: AgreementRefusal.nameTaken) { try pair.providing.offer(Pair.item(1, size: 5)) }
  }

  @Test(
    "revoked data go from the card when it comes, with the provider's SA; without it they are locked",
    arguments: [true, false])
  func revokedData(_ consents: Bool) throws {
    for way in AgreementWay.allCases {
      let pair = try Pair(way)
      try pair.ask(.store)
      try pair.world.dataRegistrar.book.revoke(.init(Pair.file, through: 1), now: pair.world.now)
      try pair.world.deliver()
      if !consents {
        pair.world.net.fate = { [provider = pair.provider] _, _, to in to == provider ? .lost : .arrives }
      }
      try pair.card.terminal.contact(pair.issuer, now: pair.world.now, random: pair.world.random)
      pair.world.net.fate = { _, _, _ in .arrives }
      pair.world.now = pair.world.now + .seconds(60)
      try pair.world.deliver()
      #expect(try pair.shown() == nil, "\(way)")
      // What is locked is still there, and both know it.
      #expect(try pair.versions() == (consents ? ([], []) : ([1], [1])), "\(way)")
    }
  }

  @Test(
    "the books are repaired from the card's own registry, whatever was lost or made up",
    arguments: AgreementWay.allCases)
  func reconciliation(_ way: AgreementWay) throws {
    let pair = try Pair(way)
    try pair.ask(.store)
    // The issuer's books are lost in part, and made up in part.
    let store = try #require(pair.world.issuers[pair.issuer]?.store)
    _ = try store.transaction { try $0.execute("UPDATE content_line SET version = 7, wanted = NULL") }
    let other = try #require(pair.world.providers[pair.provider]?.store)
    _ = try other.transaction { try $0.execute("DELETE FROM content_line") }
    try pair.card.terminal.contact(pair.issuer, now: pair.world.now, random: pair.world.random)
    try pair.world.deliver()
    #expect(try pair.versions() == ([1], [1]))
    #expect(try pair.issuing.book().map(\.proof) == [.registry])
    let found = try ContentBook.differences(in: store).map(\.body)
    #expect(found == [.text("A00000066701 is on the card in version 1, not in version 7 as in the books")])
    #expect(
      try ContentBook.differences(in: other).map(\.body) == [
        .text("A00000066701 version 1 is on the card and was not in the books")
      ])
    _ = try store.transaction { try $0.execute("DELETE FROM content_line") }
    try pair.card.terminal.contact(pair.provider, now: pair.world.now, random: pair.world.random)
    try pair.world.deliver()
    #expect(try pair.versions() == ([1], [1]))
  }
}
