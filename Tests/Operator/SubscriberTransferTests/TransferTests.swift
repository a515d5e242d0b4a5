import Bytes
import Identifiers
import Store
import SubscriberTransfer
import TestStores
import Testing
import World

@Suite("E3: change of operator, between two back offices") struct TransferTests {
  typealias Plan = TransferStory.Plan
  static let setting = Result {
    try TransferStory.Setting(random: SystemRandomSource.shared, now: Instant(seconds: 1_800_000_000))
  }

  private func story(_ change: (inout Plan) -> Void = { _ in }, seed: UInt64? = nil) throws -> TransferStory {
    var plan = Plan()
    change(&plan)
    return try TransferStory(plan, seed: seed, in: Self.setting.get())
  }

  @Test(
    "the subscriber goes with profile and number; the donor's SIM is let in until then, and no more",
    arguments: [true, false], [true, false])
  func change(movesNumber: Bool, changesManager: Bool) throws {
    let story = try story {
      $0.movesNumber = movesNumber
      $0.changesManager = changesManager
    }
    try story.play()
    #expect(try story.checkEnd())
  }

  @Test("policy control: a contract that runs, a refusal, and no answer leave everything as it was, with the reason")
  func refusals() throws {
    let cases: [(String, (inout Plan) -> Void)] = [
      ("runs until", { $0.lockedFor = .seconds(90 * 86_400) }), ("a bill is open", { $0.refusal = "a bill is open" }),
      ("no answer", { $0.donorAnswers = false }), ("consent", { $0.consent = .wanted }),
      ("no network", { $0.findsNetwork = false }), ("certificate", { $0.isGenuine = false }),
    ]
    for (reason, change) in cases {
      let story = try story(change)
      // Who never answers cannot be told that it is over, either: the story waits for nobody.
      if reason == "no answer" {
        try story.begin()
        for _ in 0..<200 { try story.pass() }
        let arrival = try #require(try story.receiver.desk.act(ofArrival: "change-1"))
        #expect(arrival.undoCause?.contains(reason) == true)
        try story.check()
        continue
      }
      try story.play()
      #expect(try !story.checkEnd())
      let arrival = try #require(try story.receiver.desk.arrival("change-1"))
      #expect(arrival.reason?.contains(reason) == true, "\(arrival.reason ?? "")")
    }
  }

  @Test("a contract that ends, and a consent that comes, let the subscriber go") func later() throws {
    let consent = try story { $0.consent = .wanted }
    try consent.begin()
    for _ in 0..<5 { try consent.pass() }
    #expect(try consent.receiver.desk.arrival("change-1")?.state == .underWay)
    try consent.donor.desk.setContract(
      ProfileContract(subscription: consent.donor.subscription, msisdn: "4915550000000", consent: .given),
      for: consent.donor.iccid)
    try consent.play()
    #expect(try consent.checkEnd())
    let contract = ProfileContract(subscription: 1, lockedUntil: Instant(seconds: 100))
    #expect(contract.decision(at: Instant(seconds: 99)) == .lockedUntil(Instant(seconds: 100)))
    #expect(contract.decision(at: Instant(seconds: 100)) == .allowed)
  }

  @Test("either operator may lose its power at every durable write", arguments: ["donor", "receiver"])
  func crashes(victim: String) throws {
    var commits = 0
    let plans: [(inout Plan) -> Void] = [{ $0.changesManager = true }, { $0.findsNetwork = false }]
    for (index, change) in plans.enumerated() {
      for point in [CommitPoint.before, .after] {
        for commit in 0..<200 {
          let story = try story(change)
          let cut = PowerCut(at: commit, point)
          let store = (victim == "donor" ? story.donor : story.receiver).store
          store.onCommit { try cut.hook($0) }
          do {
            try story.play()
            store.onCommit(nil)
            #expect(try story.checkEnd() == (index == 0))
          } catch { Issue.record("cut of \(victim) \(point) commit \(commit): \(error)") }
          commits = max(commits, commit)
          if !cut.isOver { break }
        }
      }
    }
    #expect(commits >= 10)
  }
}
