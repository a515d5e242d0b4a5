import SMDPPlus
import Testing

@Suite("SGP.22 §3.1.6: a profile's life") struct OrderStateTests {
  private func walk(_ states: Order.State...) -> Bool {
    zip(states, states.dropFirst()).allSatisfy { $0.successors.contains($1) }
  }

  @Test("The usual ways from stock to the eUICC are open")
  func ways() {
    #expect(walk(.available, .allocated, .confirmed, .released, .downloaded, .installed, .enabled, .deleted))
    #expect(walk(.available, .linked, .released, .downloaded, .error, .available))
    #expect(walk(.available, .allocated, .linked, .confirmed, .available))
    #expect(walk(.installed, .enabled, .disabled, .enabled, .disabled, .deleted, .available))
    #expect(walk(.downloaded, .released, .downloaded))
  }

  @Test("No way leads past the release, back from the card, or to a second download of an installed profile")
  func walls() {
    for state in Order.State.allCases where ![.released, .downloaded].contains(state) {
      #expect(!state.successors.contains(.downloaded), "\(state)")
    }
    for state in Order.State.allCases where state.isOnCard {
      #expect(state.successors.allSatisfy { $0.isOnCard || $0 == .deleted }, "\(state)")
    }
    #expect(!Order.State.available.successors.contains(.released))
  }

  @Test("A move the table does not have changes nothing")
  func refusal() {
    var order = Fixture.order()
    #expect(throws: Order.IllegalTransition.self) { try order.move(to: .installed) }
    #expect(order.state == .released)
    #expect(throws: Never.self) { try order.move(to: .released) }
  }

  @Test("Every state is found by its word")
  func words() {
    for state in Order.State.allCases { #expect(Order.State("\(state)") == state) }
    #expect(Order.State("Released") == .released)
    #expect(Order.State("lost") == nil)
  }
}
