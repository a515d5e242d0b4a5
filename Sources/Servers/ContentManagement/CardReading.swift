import APDU
import Bytes
import GlobalPlatform
import Identifiers
import MutualAgreement
import TLV

/// What a domain's keys and the card's registry are, as the card told it over the secure channel.
public struct CardReading: TLVSequence, Sendable {
  /// The keys of the domain that was asked.
  public private(set) var keys: [CardData.KeyLine] = []
  /// The card's confirmation counter.
  public private(set) var confirmations = 0
  /// Load files with their modules.
  public private(set) var files: [Registry.Entry] = []
  /// Applications and security domains.
  public private(set) var applications: [Registry.Entry] = []
  /// Which part of the registry is read next; nil: it is whole.
  private var part: Registry.Part? = .loadFilesAndModules
  private var isNext = false
  private var hasHead = false

  /// Nothing is read yet.
  public init() {}

  /// The commands that read what is missing; none where it is whole.
  var commands: [Command] {
    guard let part else { return [] }
    func get(_ tag: TLVTag) -> Command {
      Command(
        cla: 0x80, ins: CardData.getData, p1: UInt8(truncatingIfNeeded: tag.rawValue >> 8),
        p2: UInt8(truncatingIfNeeded: tag.rawValue), le: 256)
    }
    let head = [
      CardData.issuerIdentificationNumber, CardData.cardImageNumber, CardData.keyInformation,
      CardData.confirmationCounter,
    ].map(get)
    return (hasHead ? [] : head) + [Registry.status(of: part, isNext: isNext)]
  }

  /// Takes the answers to ``commands``; throws where the card answers otherwise than it should, or is not `card`: whoever
  /// holds several cards of an issuer could else let one answer for another.
  mutating func take(_ answers: [Response], of card: CardName) throws {
    var answers = answers[...]
    if !hasHead {
      let head = answers.prefix(4)
      guard head.count == 4, head.allSatisfy({ $0.status == .ok }) else { throw AgreementRefusal.failed }
      answers = answers.dropFirst(4)
      let objects = try head.map { try TLVElement($0.data) }
      let found = try CardName(issuer: Array(objects[0].content), number: Array(objects[1].content))
      guard found == card else { throw AgreementRefusal.otherCard }
      keys = try Self.lines(objects[2])
      confirmations = Int(UInt16(bigEndian: objects[3].content) ?? 0)
      hasHead = true
    }
    guard let answer = answers.popFirst(), answers.isEmpty, let part else { throw AgreementRefusal.failed }
    switch answer.status {
    case .ok, 0x6310: add(try Registry.entries(answer.data), to: part)
    case .referencedDataNotFound where !isNext: break
    default: throw AgreementRefusal.failed
    }
    guard files.count + applications.count <= 4096 else { throw AgreementRefusal.failed }
    isNext = answer.status == 0x6310
    guard !isNext else { return }
    self.part = part == .loadFilesAndModules ? .applications : nil
  }

  var isWhole: Bool { part == nil }

  private mutating func add(_ entries: [Registry.Entry], to part: Registry.Part) {
    if part == .applications { applications += entries } else { files += entries }
  }

  private static func lines(_ template: TLVElement) throws -> [CardData.KeyLine] {
    try template.children().compactMap { line in
      let bytes = Array(line.content)
      guard line.tag == 0xC0, bytes.count == 4 else { return nil }
      return CardData.KeyLine(identifier: bytes[0], version: bytes[1], type: bytes[2], length: bytes[3])
    }
  }

  // MARK: What is there

  /// Whether the domain that was asked has the key.
  public func has(_ place: (version: UInt8, identifier: UInt8)) -> Bool {
    keys.contains { $0.version == place.version && $0.identifier == place.identifier }
  }

  /// The security domain or application of this name.
  public func application(_ aid: AID) -> Registry.Entry? { applications.first { $0.aid == aid } }

  /// The load file of this name.
  public func file(_ aid: AID) -> Registry.Entry? { files.first { $0.aid == aid } }

  /// What is in a provider's domain.
  public func contents(of domain: AID) -> [ContentReport.Content] {
    files.filter { $0.domain == domain }.map {
      .init($0.aid, version: $0.version.flatMap { UInt16(bigEndian: $0) } ?? 0)
    }
  }

  // MARK: Coding

  public init(fields reader: inout TLVReader) throws(TLVError) {
    let lines: [UInt8] = try reader.read(0x80)
    keys = stride(from: 0, to: lines.count - lines.count % 4, by: 4).map {
      CardData.KeyLine(identifier: lines[$0], version: lines[$0 + 1], type: lines[$0 + 2], length: lines[$0 + 3])
    }
    confirmations = try reader.read(0x81)
    (files, applications) = (try reader.read(0xA2), try reader.read(0xA3))
    let state: Int = try reader.read(0x84)
    part = UInt8(exactly: state & 0xFF).flatMap { Registry.Part(rawValue: $0) }
    (isNext, hasHead) = (state & 0x100 != 0, state & 0x200 != 0)
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x80, keys.flatMap { [$0.identifier, $0.version, $0.type, $0.length] })
    writer.write(0x81, confirmations)
    writer.write(0xA2, files)
    writer.write(0xA3, applications)
    writer.write(0x84, Int(part?.rawValue ?? 0) | (isNext ? 0x100 : 0) | (hasHead ? 0x200 : 0))
  }
}
