import JSON

/// POL2: what a profile's operator allows an SM-SR to do with it (SGP.02 §2.4.7, annex E).
public struct POL2: OptionSet, Hashable, Sendable {
  public let rawValue: Int
  public init(rawValue: Int) { self.rawValue = rawValue }

  /// ENABLE, "Not allowed".
  public static let enablingNotAllowed = POL2(rawValue: 1)
  /// DISABLE, "Not allowed".
  public static let disablingNotAllowed = POL2(rawValue: 2)
  /// DELETE, "Not allowed".
  public static let deletionNotAllowed = POL2(rawValue: 4)
  /// DISABLE, "Auto-delete": a profile that was disabled is deleted.
  public static let deletedWhenDisabled = POL2(rawValue: 8)

  private static let rules: [(rule: POL2, action: String, qualification: String)] = [
    (.enablingNotAllowed, "ENABLE", "Not allowed"), (.disablingNotAllowed, "DISABLE", "Not allowed"),
    (.deletionNotAllowed, "DELETE", "Not allowed"), (.deletedWhenDisabled, "DISABLE", "Auto-delete"),
  ]

  /// `[{ subject: "PROFILE", action, qualification }]`
  init(json: [JSONObject]) throws(JSONError) {
    var policy: POL2 = []
    for object in json {
      let (action, qualification) = (try object.text("action"), try object.text("qualification"))
      guard try object.text("subject") == "PROFILE",
        let known = Self.rules.first(where: { $0.action == action && $0.qualification == qualification })
      else { throw .invalid("pol2", "there is no such rule") }
      policy.insert(known.rule)
    }
    self = policy
  }

  var json: JSONValue {
    .array(
      Self.rules.filter { contains($0.rule) }.map { rule in
        var json = JSONObject()
        json.set("subject", "PROFILE")
        json.set("action", rule.action)
        json.set("qualification", rule.qualification)
        return .object(json)
      })
  }
}
