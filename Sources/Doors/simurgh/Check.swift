/// One thing that the doctor looked at.
struct Check: Encodable {
  enum Verdict: String, Encodable { case good, note, bad }

  let name: String
  let verdict: Verdict
  let finding: String
  /// The command that mends it.
  let remedy: String?

  init(_ name: String, _ verdict: Verdict, _ finding: String, remedy: String? = nil) {
    (self.name, self.verdict, self.finding, self.remedy) = (name, verdict, finding, remedy)
  }
}
