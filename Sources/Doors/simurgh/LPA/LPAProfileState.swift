import ArgumentParser
import Bytes
import Identifiers
import LPA
import SGP22

/// Which profile of which card: what enabling, disabling and deleting have in common.
struct ProfileOptions: ParsableArguments {
  @OptionGroup var options: LPAOptions
  @OptionGroup var notifications: KeepingNotifications
  @Argument(
    help: "The ICCID, or the ISD-P's AID.",
    transform: { text in
      if let iccid = try? ICCID(text) { return .iccid(iccid) }
      if let bytes = try? [UInt8](hex: text), let aid = try? AID(bytes) { return .isdpAid(aid) }
      throw ValidationError("\(text) is neither an ICCID nor an AID; `simurgh lpa list` shows what is installed.")
    }) var profile: ProfileIdentifier

  /// Does `act` to the profile, says `done` and delivers the notifications; of a refusal it says what to do.
  func run(_ done: String, _ act: (ISDR, ProfileIdentifier) throws -> Void) throws {
    try Complaint.reporting {
      try options.run(notifications) { isdr in
        do { try act(isdr, profile) } catch let problem as Problem {
          guard case .functionFailed(_, let result) = problem else { throw problem }
          throw Complaint(.refused, "\(problem)", remedy: Self.remedy(result))
        }
        print(done)
      }
    }
  }

  private static func remedy(_ result: String) -> String? {
    switch result {
    case "iccidOrAidNotFound": "No such profile is installed; see: simurgh lpa list"
    case "profileNotInDisabledState":
      "The profile is enabled. To delete it, disable it first: simurgh lpa disable ICCID"
    case "profileNotInEnabledState": "The profile is disabled already."
    case "disallowedByPolicy": "The profile's operator does not allow it."
    default: nil
    }
  }
}

extension LPACommand {
  struct Enable: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Enable a profile; the one enabled before is disabled.",
      discussion: "Example: simurgh lpa enable 8988211000000000018")
    @OptionGroup var profile: ProfileOptions
    func run() throws { try profile.run("enabled") { try $0.enable($1) } }
  }

  struct Disable: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Disable a profile.", discussion: "Example: simurgh lpa disable 8988211000000000018")
    @OptionGroup var profile: ProfileOptions
    func run() throws { try profile.run("disabled") { try $0.disable($1) } }
  }

  struct Delete: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Delete a disabled profile, for good.",
      discussion: "Example: simurgh lpa delete 8988211000000000018")
    @OptionGroup var profile: ProfileOptions
    func run() throws { try profile.run("deleted") { try $0.delete($1) } }
  }

  struct Nickname: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Give a profile your own name; an empty one removes it.",
      discussion: "Example: simurgh lpa nickname 8988211000000000018 Travel")
    @OptionGroup var options: LPAOptions
    @Argument(help: "The ICCID.") var iccid: String
    @Argument(help: "The name, at most 64 bytes.") var name: String

    func run() throws {
      try Complaint.reporting {
        let iccid = try Complaint.naming(self.iccid) { try ICCID(self.iccid) }
        guard name.utf8.count <= 64 else {
          throw Complaint(
            .data, "The name has \(name.utf8.count) bytes; an eUICC keeps at most 64 (SGP.22 §5.7.21).",
            remedy: "Take a shorter one; letters beyond ASCII have two bytes or more.")
        }
        let isdr = try options.isdr()
        guard try isdr.profiles().contains(where: { $0.iccid == iccid }) else {
          throw Complaint(.refused, "There is no profile \(iccid) on the eUICC.", remedy: "See: simurgh lpa list")
        }
        try isdr.setNickname(name, of: iccid)
        print(name.isEmpty ? "the name is removed" : "named")
      }
    }
  }
}
