import ArgumentParser
import Bytes
import CarrierTerminal
import CircleOfTrust
import Foundation

/// `simurgh carrier-terminal dealer`: the dealers under contract.
struct CarrierDealerCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dealer", abstract: "List the dealers under contract, enter or bar one.",
    discussion: """
      A dealer is known by the certificate that it shows in TLS: one of the circle (simurgh ca issue operator NAME), or any \
      other, self-signed too, from a PEM file.

      Example: simurgh carrier-terminal dealer add D-0001 "A Shop" --certificate dealer.pem
      """, subcommands: [List.self, Add.self, Bar.self])

  struct Item: Encodable {
    let number, name, certificate: String
    let barred: Bool
  }

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "List them.", discussion: "Example: simurgh carrier-terminal dealer list --json")
    @OptionGroup var options: CarrierListOptions

    func run() throws {
      try Complaint.reporting {
        let items = try options.desk().dealers().map {
          Item(number: $0.number, name: $0.name, certificate: $0.fingerprint?.hex ?? "", barred: $0.isBarred)
        }
        try options.show(items, ["NUMBER", "NAME", "CERTIFICATE (SHA-256)", ""]) {
          [$0.number, $0.name, $0.certificate.isEmpty ? "none yet" : $0.certificate, $0.barred ? "barred" : ""]
        }
      }
    }
  }

  struct Add: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Enter a dealer, give it another certificate, or let a barred one in again.",
      discussion: "Example: simurgh carrier-terminal dealer add D-0001 \"A Shop\" --certificate operator/shop")
    @OptionGroup var options: CarrierListOptions
    @Argument(help: "The dealer's number.") var number: String
    @Argument(help: "The dealer's name.") var name: String
    @Option(help: "The certificate that the dealer shows: as `simurgh ca show` names it, or a PEM file.")
    var certificate: String

    func run() throws {
      try Complaint.reporting {
        let shown = try ClientCertificate(certificate, of: options.site.site)
        try options.desk().add(dealer: number, name: name, certificate: shown.certificate)
        print("dealer \(number) may register handsets")
      }
    }
  }

  struct Bar: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Bar one: its next request is refused.",
      discussion: "Example: simurgh carrier-terminal dealer bar D-0001")
    @OptionGroup var options: CarrierListOptions
    @Argument(help: "The dealer's number.") var number: String

    func run() throws {
      try Complaint.reporting {
        try options.desk().bar(dealer: number)
        print("dealer \(number) is barred")
      }
    }
  }
}

/// A certificate that a client shows, with its key where that is beside it.
struct ClientCertificate {
  /// DER.
  let certificate: [UInt8]
  /// The file that its key is expected in.
  let keyFile: String

  /// The one called `name` in the site's circle, or of the PEM file `name`.
  init(_ name: String, of site: Site) throws {
    if FileManager.default.fileExists(atPath: name) {
      let text = try InputFile.text(name, limit: 1 << 20)
      guard let block = try PEM.blocks(in: text).first(where: { $0.label == "CERTIFICATE" }) else {
        throw Complaint(.data, "\(name) holds no certificate in PEM.")
      }
      (certificate, keyFile) = (block.bytes, Self.keyFile(beside: name))
    } else {
      let entry = try site.existingCircle().entry(name)
      (certificate, keyFile) = (entry.certificate.encoded, Self.keyFile(beside: entry.path))
    }
  }

  /// A file in PEM has its key in a file of the same name that ends in .key.
  private static func keyFile(beside file: String) -> String {
    URL(fileURLWithPath: file).deletingPathExtension().path + ".key"
  }
}
