import Bytes
import Keys
import TLV

extension SCP03t {
  /// The ISD-P's side. After the first refusal it refuses everything.
  public struct Card: Sendable {
    private enum State: Sendable {
      case challenged(Opening)
      case open(BSP.Receiver, Answers)
      case ended
    }

    private var state: State
    /// What is answered to 84.
    public let response: [UInt8]

    /// Which key set a data object 84 asks for: version and identifier; nil where it is no such object.
    public static func keySet(of object: TLVElement) -> (version: UInt8, identifier: UInt8)? {
      let content = Array(object.content)
      return object.tag == Tag.initializeUpdate && content.count == 10 ? (content[0], content[1]) : nil
    }

    /// Answers 84: version and identifier of the keys, and 8 bytes of challenge. `sequenceCounter`, 3 bytes, must never
    /// have been used with these keys; `aid` is the ISD-P's.
    public init(
      initializeUpdate object: TLVElement, keys: SCP03.Keys, sequenceCounter: [UInt8], aid: [UInt8]
    ) throws(SCP03Error) {
      guard let (version, _) = Self.keySet(of: object), keys.enc.bytes.count == 16 else { throw .malformed }
      do {
        let challenge = try SCP03.challenge(sequenceCounter: sequenceCounter, aid: aid, keys: keys, length: 8)
        let opening = try Opening(
          keys: keys, hostChallenge: Array(object.content.suffix(8)), cardChallenge: challenge)
        state = .challenged(opening)
        let answer = SCP03.InitializeUpdateResponse(
          diversificationData: [UInt8](repeating: 0, count: 10), keyVersion: version, options: .usual,
          challenge: challenge, cryptogram: opening.cardCryptogram, sequenceCounter: sequenceCounter)
        var writer = TLVWriter()
        writer.write(Tag.initializeUpdate, bytes: answer.bytes)
        response = writer.bytes
      } catch { throw .cipher(error) }
    }

    /// Answers 85: the other side has the keys, and wants all the protection there is.
    public mutating func externalAuthenticate(_ object: TLVElement) throws(SCP03Error) -> [UInt8] {
      guard case .challenged(let opening) = state else { throw .unusable }
      state = .ended
      do {
        let (expected, chain) = try opening.externalAuthenticate()
        guard object.encoded.count == expected.count, object.tag == Tag.externalAuthenticate else {
          throw SCP03Error.malformed
        }
        guard object.content.first == securityLevel else { throw SCP03Error.levelRefused }
        guard equalInConstantTime(object.encoded, expected) else { throw SCP03Error.wrongMAC }
        state = .open(BSP.Receiver(keys: try opening.sessionKeys(chain: chain)), Answers(sRMAC: opening.keys.sRMAC))
      } catch let error as SCP03Error {
        throw error
      } catch let error as KeyError {
        throw .cipher(error)
      } catch {
        throw .malformed
      }
      return [0x85, 0x00]
    }

    /// The data in a segment; its C-MAC is verified before anything is decrypted.
    public mutating func open(_ object: TLVElement, as tag: BSP.Tag) throws(BSPError) -> [UInt8] {
      guard case .open(var receiver, let answers) = state else { throw .unusable }
      state = .ended
      let data = try receiver.open(object.encoded, as: tag)
      state = .open(receiver, answers)
      return data
    }

    /// SGP.02 §4.1.3.3: the segments after 87 are under `keys`, for a profile that was protected beforehand.
    public mutating func replaceKeys(_ keys: BSP.SessionKeys) throws(BSPError) {
      guard case .open(var receiver, let answers) = state else { throw .unusable }
      receiver.replaceKeys(keys)
      state = .open(receiver, answers)
    }

    /// The answer to the segment that was opened last.
    public func answer(_ data: [UInt8] = []) throws(BSPError) -> [UInt8] {
      guard case .open(let receiver, let answers) = state else { throw .unusable }
      return try answers.protect(data, after: receiver.state)
    }
  }
}
