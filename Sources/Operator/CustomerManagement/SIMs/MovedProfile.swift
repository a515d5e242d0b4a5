import Identifiers
import Store

// A profile that moves to another device gets a number of its own; the subscriber, the IMSI and the order behind it stay.

extension Desk {
  /// The SIM in use is the profile `new` from now on. It is done already where a former try did it.
  public func enter(_ new: ICCID, inPlaceOf old: ICCID, now: Instant) throws {
    try perform { transaction in
      let row = try transaction.first(
        """
        UPDATE sim SET iccid = $2 WHERE iccid = $1 AND state = 2
        RETURNING iccid, imsi, profile_type, state, taken_by, subscription
        """, old, new)
      guard let sim = try row.map(SIM.read) else { return }
      try noteSIM(sim, "takes the place of \(old): the profile has moved to another device", now: now, in: transaction)
    }
  }

  /// Whose the profile `iccid` is; nil where nobody has it in use.
  public func imsi(of iccid: ICCID, in reader: any Reader) throws -> IMSI? {
    try reader.first("SELECT imsi FROM sim WHERE iccid = $1 AND state = 2", iccid)?(0)
  }

  /// Under which number the subscriber with this IMSI is reached; nil where they have none.
  public func number(of imsi: IMSI) throws -> TelephoneNumber? {
    try store.read { reader in
      try reader.first(
        """
        SELECT n.number FROM sim JOIN telephone_number AS n ON n.subscription = sim.subscription
        WHERE sim.imsi = $1 AND sim.state = 2
        """, imsi
      ).map { try TelephoneNumber($0(0, as: String.self)) }
    }
  }
}
