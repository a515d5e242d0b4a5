import Bytes
import Foundation
import Keys
import MutualAgreement
import TestSupport
import Testing
import World

@Suite("C: card and both books agree, whatever happens") struct AgreementSimulationTests {
  @Test(
    "any party crashes at any durable write of a store, an update and a deletion",
    arguments: [AgreementWay.throughIssuer, .throughProvider, .certifiedProvider])
  func crashes(_ way: AgreementWay) throws {
    for crasher in AgreementStory.Crasher.allCases {
      for moment in Fuse.Moment.allCases {
        var isBeyond = false
        var number = 0
        while !isBeyond {
          number += 1
          let label = "\(way): \(crasher) \(moment) write \(number)"
          let story = try AgreementStory(way, random: SeededRandomSource(seed: [UInt8(way.rawValue)]))
          let before = story.writes(crasher)
          story.crash(crasher, atWrite: number, moment)
          for (operation, version): (ContentOperation, UInt16) in [(.store, 1), (.store, 2), (.delete, 2)] {
            story.want(operation, version)
            try story.world.deliver()
            if number > story.writes(crasher) - before { isBeyond = true } else { isBeyond = false }
            #expect(try story.violation() == nil, "\(label)")
            if !isBeyond {
              try story.recover()
              #expect(try story.violation() == nil, "\(label), recovered")
            }
          }
          try story.recover()
          try story.meet()
          #expect(try story.disagreement() == nil, "\(label)")
          // A terminal that crashed before the wish to delete was durable never wanted it.
          if crasher != .user { #expect(try story.shown() == nil, "\(label)") }
          #expect(number < 200)
        }
      }
    }
  }

  @Test(
    "the card is taken out at any command of a store, before its answer came",
    arguments: [AgreementWay.throughIssuer, .throughProvider])
  func interrupted(_ way: AgreementWay) throws {
    for number in 1... {
      let story = try AgreementStory(way, random: SeededRandomSource(seed: [7]))
      story.card.link.cut(atCommand: number, .after)
      let isStored = story.want(.store, 1)
      story.card.link.cut(atCommand: nil)
      #expect(try story.violation() == nil, "\(way): command \(number)")
      try story.recover()
      try story.meet()
      #expect(try story.disagreement() == nil, "\(way): command \(number)")
      if isStored { break }
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
