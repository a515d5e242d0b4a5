import Identifiers
import TLV

/// A command of the card to the terminal (ETSI TS 102 223 §6.6), BER-TLV D0.
public struct ProactiveCommand: TLVMessage, Hashable {
  public static let tag: TLVTag = 0xD0

  /// What the terminal shall do (§9.4).
  public struct Kind: Hashable, Sendable, ExpressibleByIntegerLiteral {
    /// The type of command.
    public let rawValue: UInt8
    public init(integerLiteral value: UInt8) { rawValue = value }
    init(rawValue: UInt8) { self.rawValue = rawValue }

    public static let refresh: Kind = 0x01
    public static let moreTime: Kind = 0x02
    public static let pollInterval: Kind = 0x03
    public static let pollingOff: Kind = 0x04
    public static let setUpEventList: Kind = 0x05
    public static let sendShortMessage: Kind = 0x13
    public static let displayText: Kind = 0x21
    public static let getInput: Kind = 0x23
    public static let selectItem: Kind = 0x24
    public static let setUpMenu: Kind = 0x25
    public static let provideLocalInformation: Kind = 0x26
    public static let timerManagement: Kind = 0x27
    public static let openChannel: Kind = 0x40
    public static let closeChannel: Kind = 0x41
    public static let receiveData: Kind = 0x42
    public static let sendData: Kind = 0x43
  }

  /// A device in the object "device identities" (§8.7).
  public struct Device: Hashable, Sendable, ExpressibleByIntegerLiteral {
    /// The device's code.
    public let rawValue: UInt8
    public init(integerLiteral value: UInt8) { rawValue = value }
    init(rawValue: UInt8) { self.rawValue = rawValue }

    public static let display: Device = 0x02
    public static let uicc: Device = 0x81
    public static let terminal: Device = 0x82
    public static let network: Device = 0x83
  }

  /// The command's number, 1 to 254, which the TERMINAL RESPONSE repeats.
  public var number: UInt8
  /// What the terminal shall do.
  public var kind: Kind
  /// How, in the type's own coding (§8.6).
  public var qualifier: UInt8
  /// Who does it.
  public var destination: Device
  /// The type's own data objects, after command details and device identities.
  public var objects: [ComprehensionTLV]

  /// A command from the card.
  public init(
    _ kind: Kind, number: UInt8 = 1, qualifier: UInt8 = 0, destination: Device = .terminal,
    objects: [ComprehensionTLV] = []
  ) {
    (self.kind, self.number, self.qualifier) = (kind, number, qualifier)
    (self.destination, self.objects) = (destination, objects)
  }

  public init(_ element: TLVElement) throws(TLVError) {
    let all = try ComprehensionTLV.list(element.content)
    guard all.count >= 2, all[0].tag == 0x01, all[0].value.count == 3, all[1].tag == 0x02, all[1].value.count == 2
    else {
      throw .invalid(element.tag, "command details and device identities come first")
    }
    let details = all[0].value
    self.init(
      Kind(rawValue: details[1]), number: details[0], qualifier: details[2],
      destination: Device(rawValue: all[1].value[1]), objects: Array(all[2...]))
  }

  public func encodeContent(to writer: inout TLVWriter) {
    let details = ComprehensionTLV(0x01, [number, kind.rawValue, qualifier])
    let devices = ComprehensionTLV(0x02, [Device.uicc.rawValue, destination.rawValue])
    for object in [details, devices] + objects { writer.append(encoded: object.encoded) }
  }
}

extension ProactiveCommand {
  /// What a REFRESH is about (§6.4.7, §8.6).
  public enum RefreshMode: UInt8, Sendable, CaseIterable {
    /// The NAA starts again, and all files have changed.
    case initializationAndFullFileChange = 0x00
    /// The files in the list have changed.
    case fileChange = 0x01
    /// The NAA starts again, and the files in the list have changed.
    case initializationAndFileChange = 0x02
    /// The NAA starts again.
    case initialization = 0x03
    /// The terminal resets the card.
    case uiccReset = 0x04
    /// The terminal starts the NAA's session again.
    case applicationReset = 0x05
    /// The terminal starts the session again, and files have changed.
    case sessionReset = 0x06
    /// Another profile became active (SGP.22 §3.2.1 with REFRESH).
    case eUICCProfileStateChange = 0x09
  }

  /// REFRESH: what changed on the card. `files` are paths from the MF.
  public static func refresh(
    _ mode: RefreshMode, files: [[FileIdentifier]] = [], application: AID? = nil
  ) -> ProactiveCommand {
    var objects: [ComprehensionTLV] = []
    if !files.isEmpty {
      // §8.18: the number of files, then their paths from 3F00.
      objects.append(ComprehensionTLV(0x12, [UInt8(clamping: files.count)] + files.joined().flatMap(\.bytes)))
    }
    if let application { objects.append(ComprehensionTLV(0x2F, application.bytes)) }
    return ProactiveCommand(.refresh, qualifier: mode.rawValue, objects: objects)
  }

  /// POLL INTERVAL: STATUS shall come every so many `seconds`, 1 to 255 (§6.4.6, §8.8).
  public static func pollInterval(seconds: UInt8) -> ProactiveCommand {
    ProactiveCommand(.pollInterval, objects: [ComprehensionTLV(0x04, [0x01, seconds])])
  }

  /// What PROVIDE LOCAL INFORMATION asks for (§6.4.15, §8.6).
  public enum LocalInformation: UInt8, Sendable {
    /// MCC, MNC, location area and cell.
    case location = 0x00
    /// The device's IMEI.
    case imei = 0x01
    /// Date, time and time zone.
    case dateAndTime = 0x03
    /// The access technology.
    case accessTechnology = 0x06
    /// The device's IMEI and software version.
    case imeisv = 0x08
  }

  /// PROVIDE LOCAL INFORMATION: where the device is, or what it is.
  public static func provideLocalInformation(_ information: LocalInformation) -> ProactiveCommand {
    ProactiveCommand(.provideLocalInformation, qualifier: information.rawValue)
  }
}
