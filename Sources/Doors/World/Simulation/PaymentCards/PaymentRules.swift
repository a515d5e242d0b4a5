import Charging
import Identifiers
import OfflineCard

extension PaymentStory {
  /// What must be true at every moment.
  func addRules() {
    simulation.always("what a card has forgotten the centre has") { [unowned self] in
      try cards.allSatisfy { card in
        let kept = try card.look()
        // A service's row is only read where a record is gone: that is seldom.
        let gone = card.signed.filter { kept[$0.key] == nil }
        guard !gone.isEmpty else { return true }
        let known = try centre.known(card.number)
        return gone.allSatisfy { known[$0.key]?.step ?? -1 >= $0.value.step }
      }
    }
    simulation.always("nothing is charged that no card signed") { [unowned self] in
      try cards.allSatisfy { card in
        try centre.known(card.number).allSatisfy { number, service in
          guard let signed = card.signed[number] else { return false }
          return service.units <= signed.amount.units && service.step <= signed.step
        }
      }
    }
  }

  /// How all sides agree in the end.
  func agree() throws {
    var owed = 0
    for card in cards {
      let known = try centre.known(card.number)
      try simulation.require(
        "a card's services are numbered without gaps", card.signed.count == card.signed.keys.max() ?? 0)
      for (number, record) in card.signed.sorted(by: { $0.key < $1.key }) {
        try simulation.require(
          "service \(number) of card \(card.number) is charged as it was signed",
          known[number].map { $0.units == record.amount.units && $0.step == record.step } ?? false)
        owed += record.amount.units
        let units = given[ServiceName(card: card.number, number: number)] ?? 0
        try simulation.require(
          "nothing is given that is not signed, and at most one interval is signed that was not given",
          (units...units + 10).contains(record.amount.units))
      }
      try simulation.require(
        "every card is cleared in the end", try card.look().count < SimulatedScheme.limits.services)
    }
    for terminal in terminals {
      try simulation.require("\(terminal.name) has nothing left to upload", try terminal.memory.waiting().isEmpty)
    }
    try simulation.require("what was signed is billed once: \(owed)", try billed() == owed)
    let findings = try centre.desk?.fraudReport() ?? []
    try simulation.require("nobody is suspected: \(findings)", findings.isEmpty)
  }

  /// The units on the bills of all months, each closed twice.
  func billed() throws -> Int128 {
    guard let desk = centre.desk else { return 0 }
    var units: Int128 = 0
    let now = simulation.timeline.now
    for text in ["2027-01", "2027-02", "2027-03", "2027-04", "2027-05", "2027-06"] {
      let month = try Month(text)
      guard month.end <= now + .seconds(200 * 86_400) else { break }
      for _ in 0..<2 { _ = try desk.close(month, now: max(now, month.end)) }
      for user in try desk.billed(month) { units += try desk.bill(month, of: user).total(in: .euro) }
    }
    return units
  }
}
