import LPA
import Testing

@Suite("The LPA tries again later and later") struct RetryPausesTests {
  @Test("§3.5: pauses double up to a day and never end; a success begins anew") func pauses() {
    var pauses = RetryPauses()
    let first = (0..<4).map { _ in pauses.next() }
    #expect(first == [10, 20, 40, 80].map { .seconds($0) })
    let later = (0..<100).map { _ in pauses.next() }
    #expect(later.last == .seconds(86_400))
    #expect(zip(later, later.dropFirst()).allSatisfy { $0 <= $1 })
    pauses.reset()
    #expect(pauses.next() == .seconds(10))
  }
}
