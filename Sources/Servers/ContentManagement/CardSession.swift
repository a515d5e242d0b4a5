import APDU
import Bytes
import GlobalPlatform
import Identifiers
import MutualAgreement
import SecureChannel
import TLV

/// A secure channel to a domain on a card that is elsewhere: commands go out and answers come in by way of somebody who
/// can read neither. It keeps no session key: those follow from the domain's keys and both challenges each time, so that
/// it can be stored between two rounds.
public struct CardSession: TLVSequence, Sendable {
  /// The domain.
  public let domain: AID
  private let challenge: [UInt8]
  /// The answer to INITIALIZE UPDATE; empty before it came.
  private var update: [UInt8] = []
  /// Commands that were answered, in the clear.
  private var answered: [[UInt8]] = []
  /// Commands that wait for their answers, in the clear.
  private var waiting: [[UInt8]] = []

  /// Finds the keys of a domain by what the card says of them.
  public typealias KeyFinder = (SCP03.InitializeUpdateResponse) throws -> SCP03.Keys

  /// A session that is to be opened.
  public init(with domain: AID, random: any RandomSource) {
    (self.domain, challenge) = (domain, random.bytes(SCP03.Options.usual.macLength))
  }

  /// Whether the card proved its keys.
  public var isOpen: Bool { !update.isEmpty }

  /// What the card said of its keys; nil before it did.
  public var card: SCP03.InitializeUpdateResponse? { try? SCP03.InitializeUpdateResponse(bytes: update) }

  /// SELECT and INITIALIZE UPDATE.
  public var opening: [[UInt8]] {
    [
      Command(cla: 0, ins: 0xA4, p1: 0x04, p2: 0, data: domain.bytes, le: 256).bytes,
      SCP03.Host.initializeUpdate(challenge: challenge).bytes,
    ]
  }

  /// Takes the answers to ``opening``; the card's status where it has no such domain or no keys, else nil: then it proved
  /// its keys. Nobody has authenticated a refusal.
  public mutating func open(_ answers: [Response], keys: KeyFinder) throws -> StatusWord? {
    if let refusal = answers.first(where: { !$0.status.isSuccess }) { return refusal.status }
    guard let last = answers.last, last.status == .ok, answers.count == opening.count else {
      throw AgreementRefusal.malformed
    }
    update = last.data
    _ = try host(keys)
    return nil
  }

  /// The commands as they go over the line; EXTERNAL AUTHENTICATE before the first.
  public mutating func send(_ commands: [Command], keys: KeyFinder) throws -> [[UInt8]] {
    var (host, wire) = try host(keys)
    let isFirst = answered.isEmpty && waiting.isEmpty
    for command in answered { _ = try host.wrap(Command(bytes: command)) }
    waiting = commands.map(\.bytes)
    var out = isFirst ? [wire.bytes] : []
    for command in commands {
      wire = try host.wrap(command)
      out.append(wire.bytes)
    }
    return out
  }

  /// Takes the answers to what was sent, verified and decrypted: all of them, or those up to a refusal, after which nothing
  /// more was sent. Who keeps back the others does not make the card seem to have done everything.
  public mutating func receive(_ answers: [Response], keys: KeyFinder) throws -> [Response] {
    var (host, _) = try host(keys)
    var answers = answers[...]
    if answered.isEmpty {
      guard let first = answers.popFirst(), first.status == .ok else { throw SCP03Error.wrongCryptogram }
    }
    for command in answered { _ = try host.wrap(Command(bytes: command)) }
    guard answers.count <= waiting.count else { throw SCP03Error.malformed }
    var plain: [Response] = []
    for (command, answer) in zip(waiting, answers) {
      _ = try host.wrap(Command(bytes: command))
      plain.append(try host.unwrap(answer))
    }
    guard plain.count == waiting.count || plain.last?.status.isSuccess == false else {
      throw AgreementRefusal.malformed
    }
    (answered, waiting) = (answered + waiting, [])
    return plain
  }

  private func host(_ keys: KeyFinder) throws -> (SCP03.Host, Command) {
    var host = SCP03.Host(keys: try keys(SCP03.InitializeUpdateResponse(bytes: update)), challenge: challenge)
    let command = try host.externalAuthenticate(update, level: .full)
    return (host, command)
  }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    (domain, challenge, update) = (try reader.read(0x80), try reader.read(0x81), try reader.read(0x82))
    (answered, waiting) = (try reader.commands(0xA3), try reader.commands(0xA4))
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x80, domain)
    writer.write(0x81, challenge)
    writer.write(0x82, update)
    writer.write(0xA3, commands: answered)
    writer.write(0xA4, commands: waiting)
  }
}

extension TLVReader {
  mutating func commands(_ tag: TLVTag) throws(TLVError) -> [[UInt8]] {
    var reader = try element(tag).reader()
    var list: [[UInt8]] = []
    while !reader.isAtEnd { list.append(try reader.read(.octetString)) }
    return list
  }
}

extension TLVWriter {
  mutating func write(_ tag: TLVTag, commands: [[UInt8]]) {
    write(tag) { writer in for command in commands { writer.write(.octetString, command) } }
  }
}

extension PutKey {
  /// A key set of 16-byte keys as `version`, wrapped under the session's keys; in the place of `replaces` where it is not 0.
  public init(_ set: SCP03.Keys, version: UInt8, replaces: UInt8 = 0, under keys: SCP03.Keys) throws {
    let list = try [set.enc, set.mac, set.dek].map { key in
      PutKey.Key(
        .aes(length: key.bytes.count, wrapped: try keys.wrap(key)), checkValue: try SCP03.checkValue(of: key))
    }
    self.init(replaces: replaces, version: version, identifier: 1, keys: list)
  }
}
