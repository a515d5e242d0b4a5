import Bytes
import Identifiers

/// A network and how it is reached: an entry of EF.PLMNwAcT, EF.OPLMNwAcT, EF.HPLMNwAcT (TS 31.102 §4.2.5).
public struct NetworkChoice: Hashable, Sendable, CustomStringConvertible {
  /// Radio access technologies (TS 31.102 §4.2.5).
  public struct Technologies: OptionSet, Hashable, Sendable {
    public let rawValue: UInt16
    public init(rawValue: UInt16) { self.rawValue = rawValue }

    public static let utran = Technologies(rawValue: 0x8000)
    public static let eutran = Technologies(rawValue: 0x4000)
    public static let ngran = Technologies(rawValue: 0x0800)
    public static let gsm = Technologies(rawValue: 0x0080)
    /// Whatever there is, 2G to 5G.
    public static let all: Technologies = [.utran, .eutran, .ngran, .gsm]

    /// "UTRAN, E-UTRAN"
    var names: [String] {
      let known: [(Technologies, String)] = [
        (.utran, "UTRAN"), (.eutran, "E-UTRAN"), (.ngran, "NG-RAN"), (.gsm, "GSM"),
      ]
      return known.filter { contains($0.0) }.map(\.1)
    }
  }

  /// The network.
  public var network: PLMN
  /// The technologies.
  public var technologies: Technologies

  /// A network by some technologies.
  public init(_ network: PLMN, _ technologies: Technologies = .all) {
    (self.network, self.technologies) = (network, technologies)
  }

  /// Five bytes.
  public var bytes: [UInt8] { network.bytes + technologies.rawValue.bigEndianBytes }

  public var description: String {
    technologies.names.isEmpty ? "\(network)" : "\(network) (\(technologies.names.joined(separator: ", ")))"
  }

  /// The entries of a file, empty ones left out.
  public static func list(_ content: [UInt8]) -> [NetworkChoice] {
    stride(from: 0, to: content.count - content.count % 5, by: 5).compactMap { place in
      guard let network = try? PLMN(bytes: content[place..<place + 3]) else { return nil }
      return NetworkChoice(
        network, Technologies(rawValue: UInt16(content[place + 3]) << 8 | UInt16(content[place + 4])))
    }
  }
}

/// EF.FPLMN, EF.EHPLMN: networks of three bytes (TS 31.102 §4.2.16).
public enum NetworkList {
  /// The networks of a file, empty entries left out.
  public static func list(_ content: [UInt8]) -> [PLMN] {
    stride(from: 0, to: content.count - content.count % 3, by: 3).compactMap {
      try? PLMN(bytes: content[$0..<$0 + 3])
    }
  }
}
