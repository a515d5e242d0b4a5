import AuC
import Bytes
import Identifiers
import Keys
import Store
import TestStores
import Testing

@Suite("The authentication centre's subscribers", .overEveryStore) struct DeskTests {
  let lab: Laboratory
  let imsi: IMSI

  init() throws {
    lab = try Laboratory()
    imsi = try Laboratory.imsi()
  }

  @Test("every algorithm's vectors are accepted by a USIM with the same keys") func algorithms() throws {
    let random = lab.random
    let sizes = try #require(TUAK.Sizes(mac: 16, res: 16, ck: 32, ik: 32))
    let constants = try #require(Milenage.Constants(rotations: [8, 3, 120, 64, 1], xoring: random.bytes(80)))
    let algorithms: [(Secret, Credentials.Algorithm)] = [
      (Secret(random.bytes(16)), .milenage(opc: Secret(random.bytes(16)))),
      (Secret(random.bytes(16)), .milenage(opc: Secret(random.bytes(16)), constants: constants)),
      (Secret(random.bytes(16)), .tuak(topc: Secret(random.bytes(32)))),
      (Secret(random.bytes(32)), .tuak(topc: Secret(random.bytes(32)), sizes: sizes, iterations: 255)),
      (Secret(random.bytes(16)), .test),
    ]
    for (number, (k, algorithm)) in algorithms.enumerated() {
      let imsi = try Laboratory.imsi(100 + number)
      var usim = try lab.subscribe(imsi, Credentials(k: k, algorithm: algorithm))
      for vector in try lab.desk.quintuplets(for: imsi, by: "MME", count: 3, now: lab.now, random: random) {
        #expect(try usim.takes(vector))
        #expect(vector.autn.amf == [0x80, 0x00])
      }
      let triplet = try #require(try lab.desk.triplets(for: imsi, random: random).first)
      let response = try usim.algorithm.f2345(rand: triplet.rand)
      #expect(response.sres == triplet.sres && response.kc == triplet.kc)
    }
  }

  @Test("keys that no algorithm takes never become credentials") func badCredentials() {
    let (short, long) = (Secret([1, 2, 3]), Secret([UInt8](repeating: 0, count: 32)))
    #expect(throws: KeyError.self) { try Credentials(k: short, algorithm: .test) }
    #expect(throws: KeyError.self) { try Credentials(k: long, algorithm: .milenage(opc: long)) }
    #expect(throws: KeyError.self) { try Credentials(k: long, algorithm: .tuak(topc: short)) }
    #expect(throws: KeyError.self) { try Credentials(k: long, algorithm: .tuak(topc: long, iterations: 256)) }
  }

  @Test("in the tables no K and no OPc stands readable, and a wrapped one moved to another IMSI does not open")
  func wrapped() throws {
    let credentials = try lab.milenage()
    _ = try lab.subscribe(imsi, credentials)
    let other = try Laboratory.imsi(2)
    _ = try lab.subscribe(other, lab.milenage())
    guard case .milenage(let opc, _) = credentials.algorithm else { return }
    let row = try #require(
      try lab.store.read { try $0.first("SELECT * FROM auc_key WHERE imsi = $1", imsi.digits) })
    for value in row.values {
      guard case .blob(let bytes) = value else { continue }
      #expect(!bytes.hex.contains(credentials.k.bytes.hex) && !bytes.hex.contains(opc.bytes.hex))
    }
    try lab.store.transaction { transaction in
      try transaction.executeOne(
        "UPDATE auc_key SET k = (SELECT k FROM auc_key WHERE imsi = $1) WHERE imsi = $2",
        imsi.digits, other.digits)
    }
    #expect(throws: AuCError.self) { try lab.desk.quintuplets(for: other, by: "MME", now: lab.now, random: lab.random) }
  }

  @Test("subscribers go in all or none; unknown and known IMSIs are told apart") func subscribers() throws {
    let (a, b, c) = (try Laboratory.imsi(1), try Laboratory.imsi(2), try Laboratory.imsi(3))
    _ = try lab.subscribe(b, lab.milenage())
    let list = try [a, b, c].map { try Subscriber(imsi: $0, credentials: lab.milenage()) }
    #expect(throws: AuCError.knownSubscriber(b)) { try lab.desk.add(list, now: lab.now, random: lab.random) }
    #expect(try !lab.desk.knows(a) && lab.desk.knows(b) && !lab.desk.knows(c))
    #expect(throws: AuCError.unknownSubscriber(a)) {
      try lab.desk.quintuplets(for: a, by: "MME", now: lab.now, random: lab.random)
    }
    #expect(throws: AuCError.unknownSubscriber(a)) { try lab.desk.triplets(for: a, random: lab.random) }
    #expect(throws: AuCError.unknownSubscriber(a)) { try lab.desk.remove(a, now: lab.now, random: lab.random) }
    try lab.desk.remove(b, now: lab.now, random: lab.random)
    #expect(try !lab.desk.knows(b))
  }

  @Test("requests for no vector or too many, and nodes without a name, are refused and use up nothing") func bounds()
    throws
  {
    var usim = try lab.subscribe(imsi, lab.milenage())
    for count in [-1, 0, 33, .max] {
      #expect(throws: AuCError.wrongCount(count)) {
        try lab.desk.quintuplets(for: imsi, by: "MME", count: count, now: lab.now, random: lab.random)
      }
      #expect(throws: AuCError.wrongCount(count)) { try lab.desk.triplets(for: imsi, count: count, random: lab.random) }
    }
    for name in ["", String(repeating: "n", count: 256)] {
      #expect(throws: AuCError.wrongNodeName) {
        try lab.desk.quintuplets(for: imsi, by: name, now: lab.now, random: lab.random)
      }
    }
    let vector = try #require(try lab.desk.quintuplets(for: imsi, by: "MME", now: lab.now, random: lab.random).first)
    #expect(try usim.takes(vector))
    #expect(usim.numbers.sqnMS.value == 1 << 5)
  }

  @Test("a rotation of the master key rewraps every subscriber, a few at a time") func rotation() throws {
    let (old, new) = (Secret(lab.random.bytes(32)), Secret(lab.random.bytes(32)))
    let before = Desk(store: lab.store, vault: try KeyVault(current: old))
    let during = Desk(store: lab.store, vault: try KeyVault(current: new, former: [old]))
    let after = Desk(store: lab.store, vault: try KeyVault(current: new))
    let imsis = try (1...7).map { try Laboratory.imsi($0) }
    try before.add(
      imsis.map { try Subscriber(imsi: $0, credentials: lab.milenage()) }, now: lab.now, random: lab.random)
    #expect(throws: AuCError.self) { try after.triplets(for: imsis[0], random: lab.random) }
    var (last, steps) = (IMSI?.none, 0)
    repeat {
      last = try during.rewrap(after: last, limit: 3, random: lab.random)
      steps += 1
    } while last != nil && steps < 10
    #expect(steps == 4)
    for imsi in imsis { #expect(try after.triplets(for: imsi, random: lab.random).count == 1) }
    #expect(throws: AuCError.self) { try before.triplets(for: imsis[0], random: lab.random) }
  }

  @Test("the last sequence number is given out, and none after it") func exhaustion() throws {
    let policy = try #require(SequenceNumberArray.Policy(indexBits: 5, delta: nil, ageLimit: nil))
    var usim = try lab.subscribe(imsi, lab.milenage(), policy: policy, seq: (1 << 43) - 3)
    #expect(throws: AuCError.sequenceNumbersUsedUp(imsi)) {
      try lab.desk.quintuplets(for: imsi, by: "MME", count: 3, now: lab.now, random: lab.random)
    }
    for vector in try lab.desk.quintuplets(for: imsi, by: "MME", count: 2, now: lab.now, random: lab.random) {
      #expect(try usim.takes(vector))
    }
    #expect(usim.numbers.sqnMS.value == (1 << 48) - 32)
    #expect(throws: AuCError.sequenceNumbersUsedUp(imsi)) {
      try lab.desk.quintuplets(for: imsi, by: "MME", now: lab.now, random: lab.random)
    }
    #expect(throws: AuCError.wrongSubscriber(imsi)) {
      try Subscriber(imsi: imsi, credentials: lab.milenage(), seq: 1 << 43)
    }
    #expect(throws: AuCError.wrongSubscriber(imsi)) {
      try Subscriber(imsi: imsi, credentials: lab.milenage(), amf: [0])
    }
  }

  @Test("a USIM whose own number goes back is doubted, with what was said before and after; an honest one is not")
  func counterDoubts() throws {
    let credentials = try lab.milenage()
    var usim = try lab.subscribe(imsi, credentials)
    usim.numbers = try #require(SequenceNumberArray(highest: Array(repeating: 40, count: 32)))
    // Copied with all that is in it; then the original is used on.
    let clone = usim
    func refuse(_ usim: inout USIM, at node: String) throws {
      let auts: ResynchronisationToken
      let vector = try #require(try lab.desk.quintuplets(for: imsi, by: node, now: lab.now, random: lab.random).first)
      if let refused = try usim.auts(for: vector) {
        auts = refused
      } else {
        // The same challenge again is not fresh.
        auts = try #require(try usim.auts(for: vector))
      }
      _ = try lab.desk.resynchronise(imsi, rand: vector.rand, auts: auts, by: node, now: lab.now, random: lab.random)
    }
    for _ in 0..<6 { try refuse(&usim, at: "home") }
    #expect(try lab.desk.counterDoubts(since: lab.now).isEmpty)
    let old = try #require(try lab.desk.quintuplets(for: imsi, by: "far", now: lab.now, random: lab.random).first)
    let auts = try clone.algorithm.resynchronisationToken(rand: old.rand, sqnMS: clone.numbers.sqnMS)
    _ = try lab.desk.resynchronise(imsi, rand: old.rand, auts: auts, by: "far", now: lab.now, random: lab.random)
    let doubt = try #require(try lab.desk.counterDoubts(since: lab.now).first)
    #expect((doubt.imsi, doubt.change, doubt.before.node, doubt.after.node) == (imsi, "initial", "home", "far"))
    #expect(doubt.after.seq == 40 && doubt.before.seq > 40)
    #expect(try lab.desk.counterDoubts(since: lab.now + .seconds(1)).isEmpty)
    // The IMSI is given to somebody else: nothing of this is theirs.
    try lab.desk.remove(imsi, now: lab.now, random: lab.random)
    #expect(try lab.desk.counterDoubts(since: lab.now).isEmpty)
  }

  @Test("what happens to a subscriber stands in the event record, without a key in it") func events() throws {
    let credentials = try lab.milenage()
    var usim = try lab.subscribe(imsi, credentials)
    usim.numbers = try #require(SequenceNumberArray(highest: Array(repeating: 40, count: 32)))
    let vector = try #require(try lab.desk.quintuplets(for: imsi, by: "MME", now: lab.now, random: lab.random).first)
    let auts = try #require(try usim.auts(for: vector))
    #expect(throws: AuCError.wrongAUTS(imsi)) {
      try lab.desk.resynchronise(
        imsi, rand: lab.random.bytes(16), auts: auts, by: "MME", now: lab.now, random: lab.random)
    }
    _ = try lab.desk.resynchronise(
      imsi, rand: vector.rand, auts: auts, by: "MME", now: lab.now, random: lab.random)
    let change = try #require(ChangeID("order-1"))
    let next = try Subscriber(imsi: imsi, credentials: lab.milenage())
    try lab.desk.prepare(next, as: change, now: lab.now, random: lab.random)
    try lab.desk.commit(change, of: imsi, now: lab.now, random: lab.random)
    _ = try lab.desk.reveal(imsi, to: "root", now: lab.now, random: lab.random)
    try lab.desk.remove(imsi, now: lab.now, random: lab.random)
    let events = try lab.store.read { try EventRecord.entries(correlation: imsi.digits, in: $0) }.map(\.event)
    let texts = [
      "added", "a resynchronisation whose MAC-S is wrong", "resynchronised from SEQ 1 to 40",
      "keys order-1 prepared", "keys order-1 committed, SEQ 0", "keys revealed", "removed",
    ]
    #expect(events.map(\.body) == texts.map(Event.Body.text))
    #expect(events.map(\.kind) == [.changed, .refused, .changed, .changed, .changed, .changed, .changed])
    #expect(events.map(\.peer) == [nil, "MME", "MME", nil, nil, "root", nil])
  }
}
