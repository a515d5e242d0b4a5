import APDU
import Bytes
import Identifiers
import Keys
import ProfileInterpreter
import ProfilePackage
import SGP02
import SecureChannel
import SecureElement
import TLV

/// A profile on its way into an ISD-P. It goes with the power: the SM-DP begins again.
struct Loading {
  let aid: AID
  var channel: SCP03t.Card
  /// The profile elements so far, in clear.
  var package: [UInt8] = []
}

/// ES8.DownloadAndInstallation (SGP.02 §3.1.3, §4.1.3.3): SCP03t objects in packets for the ISD-P's TAR.
extension ISDR {
  /// Why an object is refused, behind 9F and its tag.
  private enum Refusal: UInt8, Error {
    case malformed = 0x01
    case wrongState = 0x02
    case noKeys = 0x03
    case security = 0x04
    case memory = 0x05
  }

  /// The answers to the objects in `data`, up to the first refusal.
  func load(_ data: [UInt8], into aid: AID, in exchange: Exchange) throws(StatusWordError) -> [UInt8] {
    var answers: [UInt8] = []
    var reader = TLVReader(data)
    while !reader.isAtEnd {
      guard let object = try? reader.element(), object.tag.length == 1 else {
        return answers + [0x9F, 0x86, 0x01, Refusal.malformed.rawValue]
      }
      let refusal: Refusal
      do {
        answers += try take(object, into: aid, in: exchange)
        continue
      } catch let error as Refusal {
        refusal = error
      } catch let error as StatusWordError {
        // Where the memory fails, or power went, there is no answer at all.
        guard error.status != .memoryProblem else { throw error }
        refusal = .memory
      } catch {
        refusal = .security
      }
      if loading?.aid == aid { loading = nil }
      return answers + [0x9F, UInt8(truncatingIfNeeded: object.tag.rawValue), 0x01, refusal.rawValue]
    }
    return answers
  }

  private func take(_ object: TLVElement, into aid: AID, in exchange: Exchange) throws -> [UInt8] {
    switch object.tag {
    case SCP03t.Tag.initializeUpdate: return try open(object, into: aid, in: exchange)
    case SCP03t.Tag.externalAuthenticate:
      var loading = try current(aid)
      let answer = try loading.channel.externalAuthenticate(object)
      self.loading = loading
      return answer
    case SCP03t.Tag.segment: return try segment(object, into: aid, in: exchange)
    case SCP03t.Tag.replaceKeys: return try replaceKeys(object, into: aid)
    default: throw Refusal.malformed
    }
  }

  private func current(_ aid: AID) throws(Refusal) -> Loading {
    guard let loading, loading.aid == aid else { throw .wrongState }
    return loading
  }

  /// 84: a session begins; its number is durable before it is used.
  private func open(_ object: TLVElement, into aid: AID, in exchange: Exchange) throws -> [UInt8] {
    let records = CardRecords(exchange.memory)
    var isdp = try records.isdp(aid)
    guard isdp.state == .personalised, isdp.sessions < 1 << 24 - 1 else { throw Refusal.wrongState }
    guard let asked = SCP03t.Card.keySet(of: object), Int(asked.version) == isdp.keyVersion, isdp.keys.count == 3
    else { throw Refusal.noKeys }
    isdp.sessions += 1
    records.write(isdp)
    try exchange.memory.commit()
    let eid = try records.constants().eid
    let keys = try isdp.keys.enumerated().map { index, key in
      try secret(key, Place.keySet(eid, domain: "ISD-P \(isdp.number)", version: asked.version, key: index))
    }
    let channel = try SCP03t.Card(
      initializeUpdate: object, keys: SCP03.Keys(enc: keys[0], mac: keys[1], dek: keys[2]),
      sequenceCounter: Array(UInt32(isdp.sessions).bigEndianBytes.suffix(3)), aid: aid.bytes)
    loading = Loading(aid: aid, channel: channel)
    return channel.response
  }

  /// 87: keys of the profile's own, for a profile that was protected before its eUICC was known.
  private func replaceKeys(_ object: TLVElement, into aid: AID) throws -> [UInt8] {
    var loading = try current(aid)
    let data = try loading.channel.open(object, as: .command)
    guard data.count == 48 else { throw Refusal.malformed }
    let answer = try loading.channel.answer()
    try loading.channel.replaceKeys(
      BSP.SessionKeys(
        sENC: Secret(Array(data[16..<32])), sMAC: Secret(Array(data[32...])),
        initialMACChainingValue: Secret(Array(data[..<16]))))
    self.loading = loading
    return answer
  }

  /// 86: a piece of the profile; with the last one the profile is installed, and the answer tells what came of it.
  private func segment(_ object: TLVElement, into aid: AID, in exchange: Exchange) throws -> [UInt8] {
    var loading = try current(aid)
    let isdp = try CardRecords(exchange.memory).isdp(aid)
    guard isdp.state == .personalised else { throw Refusal.wrongState }
    loading.package += try loading.channel.open(object, as: .profile)
    let room = min(isdp.memory == 0 ? .max : isdp.memory, exchange.memory.freeBytes)
    guard loading.package.count <= room else { throw Refusal.memory }
    guard Self.isWhole(loading.package) else {
      self.loading = loading
      return try loading.channel.answer()
    }
    self.loading = nil
    return try loading.channel.answer(install(loading.package, into: isdp, in: exchange))
  }

  /// Whether the elements end with PE-End.
  private static func isWhole(_ package: [UInt8]) -> Bool {
    var (reader, last) = (TLVReader(package), TLVTag?.none)
    while !reader.isAtEnd {
      guard let element = try? reader.element() else { return false }
      last = element.tag
    }
    return last == .context(PE.End.number, constructed: true)
  }

  /// The whole package is understood before anything is written; then it is one commit. The answer is EUICCResponse.
  private func install(_ package: [UInt8], into isdp: ISDPRecord, in exchange: Exchange) throws -> [UInt8] {
    let records = CardRecords(exchange.memory)
    let profile: Interpretation
    do throws(InterpretationFailure) {
      profile = try Interpreter().interpret(package)
    } catch {
      return error.response.encoded
    }
    // §2.2.3: no two profiles have the same ICCID.
    guard !records.isdps.contains(where: { $0.iccid == profile.iccid }) else { throw Refusal.wrongState }
    var isdp = isdp
    isdp.area = try exchange.create(profile.image)
    let header = (try? Package(decoding: package))?.header
    (isdp.iccid, isdp.state, isdp.rules) = (profile.iccid, .disabled, PolicyRules(pol: header?.pol))
    isdp.connectivity = header?.connectivityParameters.flatMap { try? ConnectivityParameters(encoded: $0) }
    // The SM-DP's keys have done their work.
    (isdp.keys, isdp.keyVersion) = ([], 0)
    records.write(isdp)
    try exchange.memory.commit()
    return profile.response.encoded
  }
}
