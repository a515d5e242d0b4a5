import ArgumentParser
import AuC
import Bytes
import Foundation
import Identifiers
import Keys
import Store

/// `simurgh auc`: the authentication centre.
struct AuCCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "auc", abstract: "The authentication centre: subscribers' keys, and vectors for networks.",
    discussion: """
      It shares the site's store (DIR/simurgh.sqlite, or --store). Keys are wrapped at rest under the master key of \
      SIMURGH_MASTER_KEYS or DIR/master.key. `simurgh auc rotate` gives the whole \
      site another master key while everything goes on running.

      Example: simurgh auc add 001010000000001 --k @k.txt --opc @opc.txt
      """,
    subcommands: [
      Serve.self, Add.self, Show.self, Vectors.self, ChangeKey.self, Bar.self, Unbar.self, Close.self, Remove.self,
      SUCIKey.self, Rotate.self, Journal.self,
    ])
}

extension Site {
  /// The authentication centre's configuration, if there is one.
  var authenticationCentreConfigurationFile: String { "\(directory)/auc.yaml" }

  /// The desk of the site's authentication centre, which must be there unless the command is one that begins it.
  func authenticationCentre(_ configuration: AuCConfiguration? = nil, beginning: Bool = false) throws -> AuC.Desk {
    let named = try (configuration ?? AuCConfiguration.read(authenticationCentreConfigurationFile)).store
    let store = try beginning ? store(named) : existingStore(named)
    let vault = try beginning ? vault() : existingVault()
    try store.migrate([EventRecord.schema, SubscriberTable.schema, LocationTable.schema])
    return AuC.Desk(store: store, vault: vault)
  }
}

/// Keys as a person gives them; `-` and a file keep them off the command line.
struct KeyOptions: ParsableArguments {
  @Option(help: "K, hexadecimal; @FILE reads it from a file.") var k: String
  @Option(help: "Milenage's OPc, hexadecimal; @FILE reads it from a file.") var opc: String?
  @Option(help: "Milenage's OP in place of OPc.") var op: String?
  @Option(help: "TUAK's TOPc, hexadecimal; @FILE reads it from a file.") var topc: String?
  @Option(help: "AMF, 2 bytes.") var amf = "8000"
  @Option(help: "The highest SEQ that the USIM has seen.") var seq: UInt64 = 0
  @Flag(help: "Make sequence numbers after a clock (TS 33.102 C.1.1.3) in place of counting.") var timed = false

  func validate() throws {
    guard [opc, op, topc].compactMap({ $0 }).count == 1 else {
      throw ValidationError("Give one of --opc, --op and --topc.")
    }
  }

  func subscriber(_ imsi: IMSI) throws -> Subscriber {
    let k = try Self.secret(k)
    let algorithm: Credentials.Algorithm
    switch (opc, op, topc) {
    case (let opc?, nil, nil): algorithm = .milenage(opc: try Self.secret(opc))
    case (nil, let op?, nil): algorithm = .milenage(opc: try Milenage.opc(k: k, op: Self.secret(op)))
    case (nil, nil, let topc?): algorithm = .tuak(topc: try Self.secret(topc))
    default: throw ValidationError("Give one of --opc, --op and --topc.")
    }
    return try Subscriber(
      imsi: imsi, credentials: Credentials(k: k, algorithm: algorithm), amf: [UInt8](hex: amf), seq: seq,
      generation: timed ? .timed : .counted)
  }

  private static func secret(_ text: String) throws -> Secret {
    guard text.hasPrefix("@") else { return Secret(try [UInt8](hex: text)) }
    let file = String(text.dropFirst())
    return Secret(try Complaint.naming(file) { try [UInt8](hex: InputFile.text(file)) })
  }
}

extension AuCCommand {
  struct Add: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Enter a subscriber, ready for use.",
      discussion: """
        To enter keys that are to be used only once the card is there, use `simurgh auc change-key prepare`.

        Example: simurgh auc add 001010000000001 --k @k.txt --opc @opc.txt
        """)

    @OptionGroup var site: StoredSiteOptions
    @Argument(help: "The IMSI.") var imsi: String
    @OptionGroup var keys: KeyOptions
    @Option(help: "The telephone number that nodes are told, country code first.") var msisdn: String?

    func run() throws {
      try Complaint.reporting {
        let subscriber = try keys.subscriber(IMSI(imsi))
        let number = msisdn.flatMap { MSISDN($0) }
        guard msisdn == nil || number != nil else { throw ValidationError("--msisdn has 1 to 15 digits.") }
        let (desk, random) = (try site.site.authenticationCentre(beginning: true), SystemRandomSource.shared)
        try desk.add([subscriber], now: .now(), random: random)
        if let number { try desk.setNumber(number, of: subscriber.imsi, now: .now(), random: random) }
        print("IMSI \(subscriber.imsi) is in the authentication centre")
      }
    }
  }

  struct Remove: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Forget a subscriber with all keys.", discussion: "Example: simurgh auc remove 001010000000001")

    @OptionGroup var site: StoredSiteOptions
    @Argument(help: "The IMSI.") var imsi: String

    func run() throws {
      try Complaint.reporting {
        try site.site.authenticationCentre().remove(IMSI(imsi), now: .now(), random: SystemRandomSource.shared)
        print("IMSI \(imsi) is forgotten")
      }
    }
  }

  struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Show subscribers; keys only with --reveal, which is recorded.",
      discussion: "Example: simurgh auc show 001010000000001 --json")

    @OptionGroup var site: StoredSiteOptions
    @Argument(help: "The IMSI; the first hundred if it is left out.") var imsi: String?
    @Flag(help: "Print K and OPc or TOPc too. Who asked for them, and when, stands in the event record.")
    var reveal = false
    @Flag(help: "Print JSON.") var json = false

    func validate() throws {
      guard !reveal || imsi != nil else { throw ValidationError("--reveal wants an IMSI.") }
    }

    func run() throws {
      try Complaint.reporting {
        let desk = try site.site.authenticationCentre()
        guard let imsi else {
          let summaries = try desk.subscribers()
          return json
            ? print("[\(summaries.map { String(decoding: $0.json.encoded, as: UTF8.self) }.joined(separator: ",\n"))]")
            : Self.show(summaries)
        }
        let summary = try desk.summary(of: IMSI(imsi))
        let secrets = reveal ? try Self.secrets(of: summary.imsi, desk) : []
        if json {
          var object = summary.json
          for (name, secret) in secrets { object.set(name.lowercased(), secret.bytes.hex) }
          return print(String(decoding: object.encoded, as: UTF8.self))
        }
        Self.show([summary])
        Output.rows(secrets.map { ($0.name, $0.secret.bytes.hex) })
      }
    }

    private static func show(_ summaries: [SubscriberSummary]) {
      let rows = summaries.flatMap { summary in
        summary.keys.map { keys in
          [
            summary.imsi.digits, Self.standing(of: summary), keys.change, "\(keys.state)", keys.algorithm, keys.amf.hex,
            String(keys.seq),
            "\(keys.generation)",
          ]
        }
      }
      Output.table(["IMSI", "STANDING", "CHANGE", "KEYS", "ALGORITHM", "AMF", "SEQ", "GENERATION"], rows)
    }

    /// "barred (by hand)".
    private static func standing(of summary: SubscriberSummary) -> String {
      let causes = summary.bars.map(\.description).joined(separator: ", ")
      return causes.isEmpty ? "\(summary.standing)" : "\(summary.standing) (\(causes))"
    }

    private static func secrets(of imsi: IMSI, _ desk: AuC.Desk) throws -> [(name: String, secret: Secret)] {
      let credentials = try desk.reveal(
        imsi, to: ProcessInfo.processInfo.userName, now: .now(), random: SystemRandomSource.shared)
      switch credentials.algorithm {
      case .milenage(let opc, _): return [("K", credentials.k), ("OPc", opc)]
      case .tuak(let topc, _, _): return [("K", credentials.k), ("TOPc", topc)]
      case .test: return [("K", credentials.k)]
      }
    }
  }

  struct Vectors: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Make authentication vectors, as a network would get them.",
      discussion: """
        Their sequence numbers are used up. Each line is one vector in JSON.

        Example: simurgh auc vectors 001010000000001 --count 2
        """)

    @OptionGroup var site: StoredSiteOptions
    @Argument(help: "The IMSI.") var imsi: String
    @Option(help: "How many, 1 to 32.") var count = 1
    @Option(help: "The serving node they are for.") var node = "command-line"
    @Flag(help: "For GERAN and UTRAN: the separation bit of AMF is 0.") var utran = false

    func run() throws {
      try Complaint.reporting {
        let vectors = try site.site.authenticationCentre().quintuplets(
          for: IMSI(imsi), by: node, access: utran ? .utran : .eps, count: count, now: .now(),
          random: SystemRandomSource.shared)
        for vector in vectors { print(String(decoding: vector.json.encoded, as: UTF8.self)) }
      }
    }
  }

  struct Journal: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Compare the record of what happened to subscribers with its seals.",
      discussion: """
        Note the head elsewhere: with it, a record whose end was cut off is noticed too.

        Example: simurgh auc journal
        """)

    @OptionGroup var site: StoredSiteOptions

    func run() throws {
      try Complaint.reporting {
        let finding = try site.site.authenticationCentre().verifyJournal()
        print("\(finding.sealed) events bear their seal; the head is \(finding.head.hex)")
        guard finding.broken.isEmpty else {
          throw Complaint(
            .data, "Events \(finding.broken.map(String.init).joined(separator: ", ")) were changed or taken away.")
        }
      }
    }
  }
}
