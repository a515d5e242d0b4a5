import Bytes
import Keys
import Testing

@Suite("TS 33.102 §C.2: the USIM's sequence numbers") struct SequenceNumberArrayTests {
  func sqn(_ seq: UInt64, _ index: UInt64 = 0) throws -> SequenceNumber {
    try #require(SequenceNumber(seq << 5 | index))
  }

  @Test("§C.2.2: a sequence number is accepted once, and only above the last one of its IND") func freshness() throws {
    var array = SequenceNumberArray()
    #expect(array.accept(.zero) == .used)
    #expect(array.accept(try sqn(5, 1)) == .fresh)
    #expect(array.accept(try sqn(5, 1)) == .used)
    #expect(array.accept(try sqn(4, 1)) == .used)
    #expect(array.accept(try sqn(3, 2)) == .fresh)
    #expect(array.accept(try sqn(6, 1)) == .fresh)
    #expect(try array.sqnMS == sqn(6, 1))
  }

  @Test("§C.2.1, §C.2.2: a jump of more than Δ and an age of L are refused, and change nothing") func limits() throws {
    let policy = try #require(SequenceNumberArray.Policy(indexBits: 5, delta: 100, ageLimit: 10))
    var array = SequenceNumberArray(policy: policy)
    #expect(array.accept(try sqn(101)) == .tooFarAhead)
    #expect(array.accept(try sqn(100)) == .fresh)
    #expect(array.accept(try sqn(90, 3)) == .tooOld)
    #expect(array.accept(try sqn(91, 3)) == .fresh)
    let before = array
    #expect(array.accept(try sqn(201, 4)) == .tooFarAhead)
    #expect(array == before)
    #expect(array.accept(try sqn(200, 4)) == .fresh)
  }

  @Test("without limits, the highest number there is passes, and nothing after it") func ends() throws {
    let policy = try #require(SequenceNumberArray.Policy(indexBits: 0, delta: nil, ageLimit: nil))
    var array = SequenceNumberArray(policy: policy)
    let last = try #require(SequenceNumber((1 << 48) - 1))
    #expect(array.highest.count == 1)
    #expect(array.accept(last) == .fresh)
    #expect(array.accept(last) == .used)
    #expect(array.sqnMS == last)
    #expect(SequenceNumber(1 << 48) == nil)
    #expect(SequenceNumber(bytes: [1, 2, 3, 4, 5]) == nil && SequenceNumber(bytes: [0, 0, 0, 0, 0, 0, 1]) == nil)
  }

  @Test("entries from a profile package are taken if there is one for each IND and each is a SEQ") func entries() {
    let policy = SequenceNumberArray.Policy.standard
    #expect(SequenceNumberArray(policy: policy, highest: [UInt64](repeating: 7, count: 31)) == nil)
    #expect(SequenceNumberArray(policy: policy, highest: [UInt64](repeating: 1 << 43, count: 32)) == nil)
    let array = SequenceNumberArray(policy: policy, highest: [UInt64](repeating: 7, count: 32))
    #expect(array?.sqnMS.value == 7 << 5 | 31)
    #expect(SequenceNumberArray.Policy(indexBits: 9, delta: nil, ageLimit: nil) == nil)
  }

  @Test("§C.2: in any order, no number is accepted twice and SQN_MS never falls") func anyOrder() throws {
    let random = SeededRandomSource(seed: Array("any order".utf8))
    var array = SequenceNumberArray()
    var accepted: Set<SequenceNumber> = []
    for _ in 0..<5000 {
      let draw = random.bytes(2)
      let number = try sqn(UInt64(draw[0]), UInt64(draw[1] % 32))
      let highest = array.sqnMS
      if array.accept(number) == .fresh { #expect(accepted.insert(number).inserted) }
      #expect(array.sqnMS >= highest && array.sqnMS == max(highest, accepted.max() ?? .zero))
    }
    #expect(accepted.count > 100)
  }
}
