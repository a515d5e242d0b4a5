import Identifiers

/// Long acts over several parties, durable: they survive a crash at any point, and go on or back without a person.
public enum Steps {
  public static let schema = Schema(
    owner: "steps",
    versions: [
      [
        .table(
          "act",
          """
          id INTEGER PRIMARY KEY, plan TEXT NOT NULL, subject TEXT NOT NULL,
          state INTEGER NOT NULL CHECK (state BETWEEN 1 AND 6), step TEXT NOT NULL, attempts INTEGER NOT NULL,
          undo_cause TEXT, failure TEXT, due INTEGER, version INTEGER NOT NULL, begun INTEGER NOT NULL,
          woken INTEGER NOT NULL, reached TEXT, UNIQUE (plan, subject), CHECK (state < 4 OR due IS NULL)
          """),
        .index("act_due", on: "act (plan, due) WHERE due IS NOT NULL"),
        // Those that people have to know about.
        .index("act_failure", on: "act (plan, id) WHERE failure IS NOT NULL AND state < 4"),
      ]
    ])

  /// Begins an act of `plan` for `subject`, to run after this transaction's commit.
  public static func begin<Party>(
    _ plan: StepPlan<Party>, subject: String, now: Instant, in transaction: any Transaction
  ) throws(StoreError) {
    try transaction.execute(
      """
      INSERT INTO act (plan, subject, state, step, attempts, due, version, begun, woken)
      VALUES ($1, $2, 1, $3, 0, $4, 1, 0, 0)
      """, plan.name, subject, plan.steps[0].name, now)
  }

  /// What the act for `subject` waits for may have happened: it looks again.
  public static func wake(
    _ plan: String, subject: String, now: Instant, in transaction: any Transaction
  ) throws(StoreError) {
    // A runner that is at it right now must not put it to sleep on what it saw before.
    try transaction.execute(
      """
      UPDATE act SET woken = 1, due = CASE WHEN begun = 1 THEN COALESCE(due, $3) ELSE $3 END
      WHERE plan = $1 AND subject = $2 AND state < 4
      """, plan, subject, now)
  }

  /// Asks that the act for `subject` be undone; false where it is past its pivot, or over.
  ///
  /// True means that it will be tried: what is beyond the reach of an undo when it comes to that goes on.
  public static func undo<Party>(
    _ plan: StepPlan<Party>, subject: String, because cause: String, now: Instant, in transaction: any Transaction
  ) throws(StoreError) -> Bool {
    guard let act = try act(plan.name, subject: subject, in: transaction), !act.state.isOver,
      let place = plan.place(of: act.step), place <= plan.pivot
    else { return false }
    if act.state != .forward || act.undoCause != nil { return true }
    try transaction.execute(
      """
      UPDATE act SET undo_cause = $2, woken = 1, due = CASE WHEN begun = 1 THEN COALESCE(due, $3) ELSE $3 END
      WHERE id = $1
      """, act.number, String(cause.prefix(500)), now)
    return true
  }

  // MARK: Reading

  /// The act of the plan called `plan` for `subject`.
  public static func act(_ plan: String, subject: String, in reader: any Reader) throws(StoreError) -> Act? {
    try reader.first(
      """
      SELECT id, plan, subject, state, step, attempts, undo_cause, failure, due, version, begun, woken, reached
      FROM act WHERE plan = $1 AND subject = $2
      """, plan, subject
    ).map(Act.read)
  }

  /// Acts whose last try brought nothing, oldest first, at most `limit`: what people look at.
  public static func failing(_ plan: String, limit: Int = 100, in reader: any Reader) throws(StoreError) -> [Act] {
    try reader.query(
      """
      SELECT id, plan, subject, state, step, attempts, undo_cause, failure, due, version, begun, woken, reached
      FROM act WHERE plan = $1 AND failure IS NOT NULL AND state < 4 ORDER BY id LIMIT $2
      """, plan, limit
    ).map(Act.read)
  }

  /// When the next act of the plan goes on, or nil where none does by itself.
  public static func nextDue(_ plan: String, in reader: any Reader) throws(StoreError) -> Instant? {
    try reader.first("SELECT min(due) FROM act WHERE plan = $1 AND due IS NOT NULL", plan)?(0)
  }

  // MARK: For the runner

  static func due(_ plan: String, limit: Int, now: Instant, in reader: any Reader) throws(StoreError) -> [Act] {
    try reader.query(
      """
      SELECT id, plan, subject, state, step, attempts, undo_cause, failure, due, version, begun, woken, reached
      FROM act WHERE plan = $1 AND due <= $2 ORDER BY due, id LIMIT $3
      """, plan, now, limit
    ).map(Act.read)
  }

  static func act(_ number: Int, in reader: any Reader) throws(StoreError) -> Act? {
    try reader.first(
      """
      SELECT id, plan, subject, state, step, attempts, undo_cause, failure, due, version, begun, woken, reached
      FROM act WHERE id = $1
      """, number
    ).map(Act.read)
  }

  /// Writes `act` over the version it had; false where somebody else was faster.
  static func save(_ act: Act, in transaction: any Transaction) throws(StoreError) -> Bool {
    try transaction.execute(
      """
      UPDATE act SET state = $3, step = $4, attempts = $5, undo_cause = $6, failure = $7, due = $8,
        version = version + 1, begun = $9, woken = $10, reached = $11 WHERE id = $1 AND version = $2
      """,
      act.number, act.version, act.state.rawValue, act.step, act.attempts, act.undoCause, act.failure, act.due,
      act.isBegun, act.isWoken, act.reached) == 1
  }
}
