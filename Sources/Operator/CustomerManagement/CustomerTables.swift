import Store

/// The tables of customer management. The schema forbids what must never be: a number or a SIM with two holders, a
/// subscription with two numbers or two SIMs in use.
public enum CustomerTables {
  public static let schema = Schema(
    owner: "customer-management",
    versions: [
      [
        .table(
          "subscriber",
          """
          id INTEGER PRIMARY KEY, version INTEGER NOT NULL, name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
          address TEXT NOT NULL, birth_date TEXT, state INTEGER NOT NULL CHECK (state BETWEEN 1 AND 3),
          credit INTEGER NOT NULL CHECK (credit BETWEEN 0 AND 4), credit_limit INTEGER CHECK (credit_limit >= 0),
          credit_reason TEXT, credit_at INTEGER, since INTEGER NOT NULL,
          CHECK ((credit = 1) = (credit_limit IS NOT NULL)), CHECK ((credit = 0) = (credit_at IS NULL))
          """),
        .index("subscriber_name", on: "subscriber (name)"),
        .table(
          "subscription",
          """
          id INTEGER PRIMARY KEY, version INTEGER NOT NULL, subscriber INTEGER NOT NULL REFERENCES subscriber (id),
          state INTEGER NOT NULL CHECK (state BETWEEN 1 AND 4), since INTEGER NOT NULL
          """),
        .index("subscription_subscriber", on: "subscription (subscriber)"),
        .table("service", "name TEXT PRIMARY KEY CHECK (length(name) BETWEEN 1 AND 64), description TEXT NOT NULL"),
        .table(
          "service_need",
          """
          service TEXT NOT NULL REFERENCES service (name), needs TEXT NOT NULL REFERENCES service (name),
          PRIMARY KEY (service, needs), CHECK (service <> needs)
          """),
        .table(
          "subscribed_service",
          """
          subscription INTEGER NOT NULL REFERENCES subscription (id), service TEXT NOT NULL REFERENCES service (name),
          since INTEGER NOT NULL, PRIMARY KEY (subscription, service)
          """),
        .table(
          "number_pool",
          """
          name TEXT PRIMARY KEY CHECK (length(name) BETWEEN 1 AND 64), offer INTEGER NOT NULL CHECK (offer > 0),
          reservation INTEGER NOT NULL CHECK (reservation > 0), quarantine INTEGER NOT NULL CHECK (quarantine >= 0)
          """),
        // One row a number and one holder a row: 0 free, 1 offered, 2 reserved, 3 in use, 4 in quarantine.
        .table(
          "telephone_number",
          """
          number TEXT PRIMARY KEY CHECK (length(number) BETWEEN 5 AND 15),
          pool TEXT NOT NULL REFERENCES number_pool (name), state INTEGER NOT NULL CHECK (state BETWEEN 0 AND 4),
          subscriber INTEGER REFERENCES subscriber (id), subscription INTEGER REFERENCES subscription (id),
          until INTEGER,
          CHECK ((subscriber IS NOT NULL) = (state IN (1, 2, 3))), CHECK ((subscription IS NOT NULL) = (state = 3)),
          CHECK ((until IS NOT NULL) = (state IN (1, 2, 4)))
          """),
        .index("telephone_number_free", on: "telephone_number (pool, number) WHERE state = 0"),
        .index("telephone_number_until", on: "telephone_number (pool, until) WHERE until IS NOT NULL"),
        .index("telephone_number_holder", on: "telephone_number (subscriber) WHERE subscriber IS NOT NULL"),
        .index(
          "telephone_number_subscription", on: "telephone_number (subscription) WHERE subscription IS NOT NULL",
          unique: true),
        .table(
          "number_refusal",
          """
          number TEXT NOT NULL REFERENCES telephone_number (number),
          subscriber INTEGER NOT NULL REFERENCES subscriber (id), PRIMARY KEY (number, subscriber)
          """),
        // 0 free, 1 taken for an order, 2 in use, 3 retired.
        .table(
          "sim",
          """
          iccid TEXT PRIMARY KEY CHECK (length(iccid) BETWEEN 18 AND 20), imsi TEXT NOT NULL UNIQUE,
          profile_type TEXT NOT NULL, state INTEGER NOT NULL CHECK (state BETWEEN 0 AND 3), taken_by TEXT UNIQUE,
          subscription INTEGER REFERENCES subscription (id), replaced_by TEXT UNIQUE,
          CHECK ((state = 0) = (taken_by IS NULL)), CHECK (state <> 0 OR subscription IS NULL)
          """),
        .index("sim_free", on: "sim (profile_type, iccid) WHERE state = 0"),
        .index(
          "sim_in_use", on: "sim (subscription) WHERE state = 2 AND subscription IS NOT NULL", unique: true),
      ],
      [
        // Numbers that move between operators: 1 agreed, 2 done, 3 taken back. Direction 1 is in, 2 is out.
        .table(
          "porting",
          """
          name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 200), direction INTEGER NOT NULL, number TEXT NOT NULL,
          peer TEXT NOT NULL, subscription INTEGER NOT NULL REFERENCES subscription (id),
          state INTEGER NOT NULL CHECK (state BETWEEN 1 AND 3), since INTEGER NOT NULL, PRIMARY KEY (name, direction)
          """),
        .index("porting_open", on: "porting (number, direction) WHERE state = 1", unique: true),
      ],
      [
        // What a subscriber applied by, where that may be repeated.
        .statement("ALTER TABLE subscriber ADD COLUMN application TEXT"),
        .index("subscriber_application", on: "subscriber (application) WHERE application IS NOT NULL", unique: true),
      ],
    ])
}
