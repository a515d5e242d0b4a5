import ArgumentParser
import Bytes
import Foundation
import Identifiers
import ProfilePackage
import SGP22
import SMDPPlus
import Stations
import Store

/// `simurgh profile`: profile packages, and the profiles in the SM-DP+'s order book.
struct ProfileCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "profile", abstract: "Read and check profile packages; see and steer the profiles of the SM-DP+.",
    discussion: "Example: simurgh profile list --state released",
    subcommands: [
      Import.self, Build.self, List.self, Show.self, Inspect.self, Lint.self, Release.self, Cancel.self,
    ])

  /// The package in a file, read as a whole.
  static func package(_ file: String) throws -> Package {
    let bytes = try InputFile.bytes(file)
    guard !bytes.isEmpty else { throw Complaint(.data, "\(file) is empty.") }
    do { return try Package(decoding: bytes) } catch {
      throw Complaint(.data, "\(file) is no profile package: \(error)")
    }
  }
}

extension ProfileCommand {
  struct Import: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Put a ready-made profile package into the order book and print its activation code.",
      discussion: "Example: simurgh profile import package.der --matching-id CI-7")

    @OptionGroup var site: StoredSiteOptions
    @Argument(help: "The package, DER.") var file: String
    @Option(help: "The activation code's token; made up if it is left out.") var matchingId: String?
    @Option(help: "The confirmation code the person must give.") var confirmationCode: String?
    @Option(help: "The one eUICC it is for.") var eid: String?
    @Option(help: "available, allocated, linked, confirmed or released.") var state = "released"
    @Option(help: "The operator's word for this kind of profile.") var profileType = "default"
    @Option(help: "What the person sees.") var profileName: String?
    @Option(help: "Downloads that may be begun.") var attempts: Count?
    @Flag(help: "Take a package that lint finds errors in.") var force = false
    @Flag(help: "Print JSON.") var json = false

    func run() throws {
      try Complaint.reporting {
        let package = try ProfileCommand.package(file)
        let errors = ProfilePackage.Lint.findings(in: package).filter { $0.severity == .error }
        if !errors.isEmpty, !force {
          for finding in errors { Complaint.note("\(finding)") }
          throw Complaint(.data, "\(file) has errors.", remedy: "Mend it, or import it all the same with --force.")
        }
        guard let iccid = package.first(ProfileHeader.self)?.iccid else {
          throw Complaint(.data, "\(file) has no profile header with an ICCID.")
        }
        let site = site.site
        let configuration = try ServerConfiguration.read(site.configurationFile)
        let store = try site.store(configuration.store)
        try store.migrate([EventRecord.schema, OrderBook.schema, Outbox.schema])
        var values = [
          "iccid": iccid.digits, "package": file, "state": state,
          "profileType": profileType, "profileName": profileName ?? PathName.last(of: file),
        ]
        values["matchingId"] = matchingId
        values["confirmationCode"] = confirmationCode
        values["eid"] = eid
        values["attempts"] = attempts.map { String($0.number) }
        let importing = try site.orderImport(
          configuration, filesIn: URL(fileURLWithPath: FileManager.default.currentDirectoryPath))
        let given = Given(now: .now(), random: SystemRandomSource.shared)
        switch try importing.run([OrderImport.Row(number: 1, values)], into: store, given: given).first?.result {
        case .success(let order)?:
          if json { return try Output.json(OrderItem(order, address: configuration.address)) }
          print("\(order.iccid) is \(order.state)")
          if let code = order.activationText(at: configuration.address) { print(code) }
        case .failure(let problem)?: throw Complaint(.data, "Not imported. \(problem)")
        case nil: break
        }
      }
    }
  }

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "List the profiles in the order book.",
      discussion: "Example: simurgh profile list --state installed --json")
    @OptionGroup var site: StoredSiteOptions
    @Option(help: "Only those in this state.") var state: String?
    @Option(help: "At most this many.") var limit: Count = 100
    @Flag(help: "Print JSON.") var json = false

    func run() throws {
      try Complaint.reporting {
        let wanted = try state.map { word in
          guard let state = Order.State(word) else {
            throw Complaint(
              .data, "There is no state \(word).",
              remedy: "States: \(Order.State.allCases.map(\.description).joined(separator: ", "))")
          }
          return state
        }
        let (orders, address) = try site.site.orders {
          try OrderBook.orders(state: wanted, limit: limit.number, in: $0)
        }
        let items = orders.map { OrderItem($0, address: address) }
        if json { return try Output.json(items) }
        if items.isEmpty { return print("The order book is empty.") }
        Output.table(
          ["ICCID", "STATE", "TYPE", "OWNER", "EID", "ACTIVATION CODE"],
          items.map { [$0.iccid, $0.state, $0.profileType, $0.owner, $0.eid ?? "", $0.activationCode ?? ""] })
      }
    }
  }

  struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Show one profile with everything that happened to it.",
      discussion: "Example: simurgh profile show 8988211000000000018")
    @OptionGroup var site: StoredSiteOptions
    @Argument(help: "The ICCID.") var iccid: String
    @Flag(help: "Print JSON.") var json = false

    func run() throws {
      try Complaint.reporting {
        let iccid = try Complaint.naming(self.iccid) { try ICCID(self.iccid) }
        let (found, address) = try site.site.orders { reader in
          (
            try OrderBook.order(iccid, in: reader),
            try EventRecord.entries(correlation: iccid.digits, limit: 1000, in: reader),
            try Errand.waiting(for: iccid, in: reader)
          )
        }
        guard let order = found.0 else { throw Site.noOrder(iccid) }
        var item = OrderItem(order, address: address)
        item.history = found.1.map { entry in
          if case .text(let text) = entry.event.body { return "\(entry.event.at) \(text)" }
          // A message by its function: /gsma/rsp2/es9plus/handleNotification.
          let name = entry.event.name.split(separator: "/").last.map(String.init) ?? entry.event.name
          return "\(entry.event.at) message: \(name)"
        }
        let waiting = found.2.map { "\($0.kind), tried \($0.attempts) times\($0.lastFailure.map { ": \($0)" } ?? "")" }
        item.waiting = waiting.isEmpty ? nil : waiting
        if json { return try Output.json(item) }
        item.print()
      }
    }
  }

  struct Inspect: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Show a profile package readably: elements, files, access rules, contents.",
      discussion: "Example: simurgh profile inspect package.der")
    @Argument(help: "The package, DER.") var file: String
    @Flag(help: "Print JSON.") var json = false
    @Flag(help: "Show keys and PINs too; saying so is noted on standard error.") var secrets = false

    func run() throws {
      try Complaint.reporting {
        let package = try ProfileCommand.package(file)
        if secrets { FileHandle.standardError.write(Data("simurgh: secrets of \(file) are shown\n".utf8)) }
        let inspection = Inspection(package, revealingSecrets: secrets)
        if json { return try Output.json(inspection) }
        print(inspection)
      }
    }
  }

  struct Lint: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Check a profile package; ends with status 65 if it has errors.",
      discussion: "Example: simurgh profile lint *.der --json")
    @Argument(help: "Packages, DER.") var files: [String]
    @Flag(help: "Print JSON.") var json = false

    struct Item: Encodable {
      let file, severity, sentence: String
      let element: String?
      let path: String?
    }

    func run() throws {
      try Complaint.reporting {
        var items: [Item] = []
        var unreadable: Complaint?
        for file in files {
          let findings: [Finding]
          do { findings = ProfilePackage.Lint.findings(in: try ProfileCommand.package(file)) } catch let complaint
            as Complaint
          {
            unreadable = unreadable ?? complaint
            items.append(Item(file: file, severity: "error", sentence: complaint.what, element: nil, path: nil))
            if !json { print(complaint.what) }
            continue
          }
          items += findings.map {
            Item(
              file: file, severity: "\($0.severity)", sentence: $0.sentence, element: $0.element?.description,
              path: $0.file)
          }
          if json { continue }
          for finding in findings { print("\(file): \(finding)") }
          print("\(file): \(findings.count { $0.severity == .error }) errors, \(findings.count) findings")
        }
        if json { try Output.json(items) }
        if let unreadable { throw ExitCode(unreadable.kind.rawValue) }
        if items.contains(where: { $0.severity == "error" }) { throw ExitCode(Complaint.Kind.data.rawValue) }
      }
    }
  }

  struct Release: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Release a confirmed profile for download.",
      discussion: "Example: simurgh profile release 8988211000000000018")
    @OptionGroup var site: StoredSiteOptions
    @Argument(help: "The ICCID.") var iccid: String
    func run() throws { try Complaint.reporting { try site.site.move(iccid, to: .released) } }
  }

  struct Cancel: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Cancel an order: the profile goes back into stock, or out of use with --unavailable.",
      discussion: "Example: simurgh profile cancel 8988211000000000018")
    @OptionGroup var site: StoredSiteOptions
    @Argument(help: "The ICCID.") var iccid: String
    @Flag(help: "Take the profile out of use.") var unavailable = false

    func run() throws {
      try Complaint.reporting { try site.site.move(iccid, to: unavailable ? .unavailable : .available) }
    }
  }
}
