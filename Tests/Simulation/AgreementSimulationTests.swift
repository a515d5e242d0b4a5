import Bytes
import Foundation
import Keys
import MutualAgreement
import TestSupport
import Testing
import World

@Suite("C: card and both books agree, whatever happens") struct AgreementSimulationTests {
  /// Every party at every write of a life takes minutes for each way: every `step`th of them, another every way, unless a
  /// long run asks for all.
  private static let step = ProcessInfo.processInfo.environment["SIMURGH_SEEDS"] == nil ? 3 : 1

  @Test(
    "C1 to C7: any party crashes at any durable write of a card's life: registered, agreed on, stored, replaced, deleted",
    arguments: AgreementWay.allCases, AgreementStory.Crasher.allCases)
  func crashes(_ way: AgreementWay, _ crasher: AgreementStory.Crasher) throws {
    for moment in Fuse.Moment.allCases {
      var number = 1 + (way.rawValue + (moment == .after ? 1 : 0)) % Self.step
      var isBeyond = false
      while !isBeyond {
        let label = "\(way): \(crasher) \(moment) write \(number)"
        let story = try AgreementStory(unbegun: way, random: SeededRandomSource(seed: [UInt8(way.rawValue)]))
        let before = story.writes(crasher)
        story.crash(crasher, atWrite: number, moment)
        for act in AgreementStory.Act.life {
          try story.live(act) {
            let violation = try story.violation()
            #expect(violation == nil, "\(label), \(act)")
          }
        }
        try story.recover()
        try story.live(.meet)
        #expect(try story.disagreement() == nil, "\(label)")
        #expect(try story.shown() == nil, "\(label)")
        isBeyond = number > story.writes(crasher) - before
        number += Self.step
        #expect(number < 500)
      }
    }
  }

  /// The card that did what it was told and could not say so is the harder one; a long run has both.
  private static let moments = step == 1 ? Fuse.Moment.allCases : [.after]

  @Test(
    "the card is taken out at any command of a store, a replacement or a deletion: it did not get it, or its answer is lost",
    arguments: AgreementWay.allCases, moments)
  func interrupted(_ way: AgreementWay, _ moment: Fuse.Moment) throws {
    let wishes: [(ContentOperation, UInt16)] = [(.store, 1), (.store, 2), (.delete, 2)]
    for (index, wish) in wishes.enumerated() {
      var number = 0
      var isDone = false
      while !isDone, number < 60 {
        number += 1
        let label = "\(way): \(wish), command \(number)"
        let story = try AgreementStory(way, random: SeededRandomSource(seed: [7]))
        for before in wishes.prefix(index) { #expect(story.want(before.0, before.1)) }
        story.card.link.cut(atCommand: number, moment)
        isDone = story.want(wish.0, wish.1)
        story.card.link.cut(atCommand: nil)
        #expect(try story.violation() == nil, "\(label)")
        try story.recover()
        try story.meet()
        #expect(try story.disagreement() == nil, "\(label)")
      }
      #expect(isDone, "\(way): \(wish)")
      // SELECT, INITIALIZE UPDATE, EXTERNAL AUTHENTICATE, the registry, and what was agreed on.
      #expect(number > 8, "\(way): \(wish)")
    }
  }

  @Test("seeds: messages and answers lost, parties and card failing, wishes of every kind")
  func seeds() throws {
    let environment = ProcessInfo.processInfo.environment
    let only = environment["SIMURGH_SEED"].flatMap(UInt64.init)
    let count = environment["SIMURGH_SEEDS"].flatMap(UInt64.init) ?? 30
    for seed in only.map({ $0...$0 }) ?? 1...count { try play(seed) }
  }

  private func play(_ seed: UInt64) throws {
    var dice = Dice(seed)
    let way = AgreementWay.allCases[dice.roll(AgreementWay.allCases.count)]
    let story = try AgreementStory(way, random: SeededRandomSource(seed: Array("\(seed)".utf8)))
    for turn in 1...8 {
      let weather = dice.roll(100)
      let loss = Dice(seed &* 1000 &+ UInt64(turn))
      let drops = LossyDice(loss)
      story.world.net.fate = { _, _, _ in drops.fate(weather) }
      let crashers = AgreementStory.Crasher.allCases
      let crasher = crashers[dice.roll(crashers.count)]
      if dice.roll(2) == 0 {
        story.crash(crasher, atWrite: 1 + dice.roll(12), dice.roll(2) == 0 ? .before : .after)
      }
      story.want(dice.roll(4) == 0 ? .delete : .store, UInt16(1 + dice.roll(3)))
      try story.world.deliver()
      let rests = dice.roll(3) > 0
      if rests { try story.recover() } else { _ = try? story.card.link.reset() }
      #expect(try story.violation() == nil, "seed \(seed), \(way), turn \(turn)")
    }
    try story.recover()
    try story.meet()
    #expect(try story.disagreement() == nil, "seed \(seed), \(way)")
  }
}

/// What becomes of each message, by chance: a tenth of messages and of answers are lost in bad weather.
private final class LossyDice: @unchecked Sendable {
  private var dice: Dice
  init(_ dice: Dice) { self.dice = dice }

  func fate(_ weather: Int) -> AgreementNet.Fate {
    guard weather < 50 else { return .arrives }
    switch dice.roll(10) {
    case 0: return .lost
    case 1: return .answerLost
    default: return .arrives
    }
  }
}
