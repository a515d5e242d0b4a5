import Bytes
import Identifiers
import Keys
import ProfileMove
import Stations
import Store

/// A request to move a profile (step 505): which one, from which eUICC to which.
public struct MoveRequest: Sendable, Hashable {
  public let iccid: ICCID
  public let imsi: IMSI
  public let oldEID: EID
  public let newEID: EID
  /// Whether the person has the old device. A lost one cannot consent, and is a risk.
  public let isOldAtHand: Bool
  /// What is to be taken along from the old profile.
  public let parts: BackupParts

  /// Checks what can be checked without asking anybody.
  public init(iccid: ICCID, imsi: IMSI, oldEID: EID, newEID: EID, isOldAtHand: Bool = true, parts: BackupParts = .usual)
    throws(MoveError)
  {
    guard oldEID != newEID else { throw .invalid("EID", "a profile moves to another eUICC than its own") }
    (self.iccid, self.imsi, self.oldEID, self.newEID) = (iccid, imsi, oldEID, newEID)
    guard !parts.contains(.keys) else { throw .invalid("parts", "the new profile has keys of its own") }
    (self.isOldAtHand, self.parts) = (isOldAtHand, parts)
  }
}

extension Desk {
  /// Takes a request; its steps run when a runner comes by. The same request again is the move that is under way; another
  /// one for the same profile is refused as long as that lasts.
  public func start(_ request: MoveRequest, now: Instant, random: any RandomSource) throws -> Move {
    try perform { transaction in
      if let open = try MoveTable.open(request.imsi, in: transaction) {
        guard open.isSame(request) else {
          throw MoveError.notAllowed(
            "\(open.iccid) is on its way to \(open.newEID) (move \(open.id)): cancel that first")
        }
        return open
      }
      let new = try NewMove(request, asker: nil, rules: rules, vault: vault, now: now, random: random)
      try new.save(now: now, in: transaction)
      return try MoveTable.find(new.id, in: transaction)
    }
  }

  /// Asks for a move to be taken back: everything that was done for it is undone. It is done already where the move is
  /// cancelled; too late once the network knows the new profile.
  public func cancel(_ id: String, because cause: String, now: Instant) throws {
    try perform { transaction in
      let move = try MoveTable.find(id, in: transaction)
      if move.state == .cancelled { return }
      guard try Steps.undo(MoveSteps.plan, subject: id, because: cause, now: now, in: transaction) else {
        throw MoveError.notAllowed("move \(id) is \(move.state) and cannot be cancelled any more")
      }
      try note("Cancellation", "asked for: \(cause)", of: id, now: now, in: transaction)
    }
  }

  /// The second person's decision about a move of some risk; it stands once.
  public func approve(_ id: String, _ approves: Bool, by person: String, now: Instant) throws {
    guard (1...128).contains(person.utf8.count), !person.contains(where: \.isNewline) else {
      throw MoveError.invalid("approver", "1 to 128 characters on one line are wanted")
    }
    try perform { transaction in
      let move = try MoveTable.find(id, in: transaction)
      guard move.state == .underWay, move.risk ?? 0 >= rules.threshold, move.approval ?? approves == approves else {
        throw MoveError.notAllowed("no approval of move \(id) is waited for")
      }
      try transaction.executeOne(
        "UPDATE profile_move SET approval = $2, approver = COALESCE(approver, $3) WHERE id = $1", id, approves ? 1 : 0,
        person)
      try Steps.wake(MoveSteps.plan.name, subject: id, now: now, in: transaction)
      try note("Approval", "\(approves ? "given" : "denied") by \(person)", of: id, now: now, in: transaction)
    }
  }
}

extension Move {
  /// Whether `request` asks for this very move.
  func isSame(_ request: MoveRequest) -> Bool { iccid == request.iccid && newEID == request.newEID }
}

/// A move that is written down for the first time.
struct NewMove: DurableChange {
  let id: String
  let secret: Secret
  private let request: MoveRequest
  private let asker: [UInt8]?
  private let expiry: Instant
  private let wrappedSecret: [UInt8]

  init(
    _ request: MoveRequest, asker: [UInt8]?, rules: RiskRules, vault: KeyVault, now: Instant, random: any RandomSource
  ) throws {
    id = MoveName.letters(random.bytes(12))
    secret = MoveSecret.make(random)
    wrappedSecret = try vault.wrap(secret, context: MoveSecret.place(id), random: random)
    (self.request, self.asker, expiry) = (request, asker, now + rules.patience)
  }

  func save(now: Instant, in transaction: any Transaction) throws(StoreError) {
    do {
      try transaction.execute(
        """
        INSERT INTO profile_move (id, state, iccid, imsi, old_eid, new_eid, at_hand, secret, since, expiry, asker)
        VALUES ($1, 1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        """, id, request.iccid, request.imsi, request.oldEID, request.newEID, request.isOldAtHand ? 1 : 0,
        wrappedSecret, now, expiry, asker)
    } catch .duplicate {
      // Somebody was faster: what is said to this request is decided anew.
      throw .conflict
    }
    try transaction.execute("INSERT INTO move_backup (move, parts) VALUES ($1, $2)", id, request.parts.rawValue)
    try Steps.begin(MoveSteps.plan, subject: id, now: now, in: transaction)
    try EventRecord.append(
      Event(
        at: now, party: Desk.party, kind: .changed, name: "Request", correlation: id,
        body: .text("\(request.iccid) from \(request.oldEID) to \(request.newEID)")), in: transaction)
  }
}
