import ArgumentParser
import AuC
import Bytes
import Identifiers

extension AuCCommand {
  /// `simurgh auc change-key`: other keys for a subscriber, in two phases.
  struct ChangeKey: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "change-key", abstract: "Give a subscriber other keys, in two phases.",
      discussion: """
        Prepare while the new card or profile is on its way: the old card stays in. Commit when it is there: from then \
        on the new card is in and the old one out. Abandon when it will not come. A change has a name, such as the \
        number of an order; each phase may be repeated when its outcome is unknown.

        Example: simurgh auc change-key prepare 001010000000001 order-7 --k @k.txt --opc @opc.txt && \
        simurgh auc change-key commit 001010000000001 order-7

        With --osmo-hlr HOST:PORT the change is one of an osmo-hlr, through its CTRL interface: the prepared keys stand \
        here, and a commit sets them there, reads them back and notes it here. Where a commit was cut off, repeat it.
        """, subcommands: [Prepare.self, Commit.self, Abandon.self])

    struct Change: ParsableArguments {
      @OptionGroup var site: StoredSiteOptions
      @Argument(help: "The IMSI.") var imsi: String
      @Argument(help: "The change's name.") var name: String
      @Option(help: "The CTRL interface of an osmo-hlr that holds the keys in use: HOST:PORT.") var osmoHlr: String?

      /// Who holds the keys: our centre, or the osmo-hlr.
      func authority(beginning: Bool = false) throws -> any KeyAuthority {
        let place = try osmoHlr.map { text in
          let parts = text.split(separator: ":").map(String.init)
          guard parts.count == 2, let port = Port(argument: parts[1]) else {
            throw Complaint(.usage, "--osmo-hlr \(text) is not HOST:PORT, such as 127.0.0.1:4259.")
          }
          return (host: parts[0], port: port.number)
        }
        let desk = try site.site.authenticationCentre(beginning: beginning)
        guard let place else { return desk }
        return OsmoHLR(ledger: desk, link: ControlClient(host: place.host, port: place.port))
      }

      func change() throws -> ChangeID {
        guard let change = ChangeID(name) else {
          throw Complaint(.data, "\"\(name)\" is no name of a change: 1 to 64 printable characters without space.")
        }
        return change
      }
    }

    struct Prepare: AsyncParsableCommand {
      static let configuration = CommandConfiguration(
        abstract: "Prepare other keys; nothing else changes.",
        discussion: "Example: simurgh auc change-key prepare 001010000000001 order-7 --k @k.txt --opc @opc.txt")

      @OptionGroup var change: Change
      @OptionGroup var keys: KeyOptions

      func run() async throws {
        try await Complaint.reporting {
          let subscriber = try keys.subscriber(IMSI(change.imsi))
          try await change.authority(beginning: true).prepare(
            subscriber, as: change.change(), now: .now(), random: SystemRandomSource.shared)
          print("the change \(change.name) of IMSI \(change.imsi) is prepared")
        }
      }
    }

    struct Commit: AsyncParsableCommand {
      static let configuration = CommandConfiguration(
        abstract: "Put the prepared keys into use.",
        discussion: "Example: simurgh auc change-key commit 001010000000001 order-7")

      @OptionGroup var change: Change

      func run() async throws {
        try await Complaint.reporting {
          try await change.authority().commit(
            change.change(), of: IMSI(change.imsi), now: .now(), random: SystemRandomSource.shared)
          print("the change \(change.name) of IMSI \(change.imsi) is in use")
        }
      }
    }

    struct Abandon: AsyncParsableCommand {
      static let configuration = CommandConfiguration(
        abstract: "Forget the prepared keys.",
        discussion: "Example: simurgh auc change-key abandon 001010000000001 order-7")

      @OptionGroup var change: Change

      func run() async throws {
        try await Complaint.reporting {
          try await change.authority().abandon(
            change.change(), of: IMSI(change.imsi), now: .now(), random: SystemRandomSource.shared)
          print("the change \(change.name) of IMSI \(change.imsi) is forgotten")
        }
      }
    }
  }
}
