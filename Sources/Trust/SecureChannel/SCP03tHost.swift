import Bytes
import Keys
import TLV

extension SCP03t {
  /// The SM-DP's side.
  public struct Host: Sendable {
    private enum State: Sendable {
      case begun
      case open(BSP.Sender, Answers)
    }

    private let keys: SCP03.Keys
    private let keyVersion: UInt8
    private let hostChallenge: [UInt8]
    private var state = State.begun

    /// Begins a session under the key set `keyVersion` with a challenge of 8 random bytes.
    public init(keys: SCP03.Keys, keyVersion: UInt8, random: any RandomSource) {
      (self.keys, self.keyVersion, hostChallenge) = (keys, keyVersion, random.bytes(8))
    }

    /// 84: what is sent first.
    public var initializeUpdate: [UInt8] { [0x84, 0x0A, keyVersion, 0x00] + hostChallenge }

    /// Verifies the ISD-P's answer to 84, and gives 85.
    public mutating func authenticate(_ response: [UInt8]) throws(SCP03Error) -> [UInt8] {
      guard case .begun = state, let object = try? TLVElement(response), object.tag == Tag.initializeUpdate else {
        throw .malformed
      }
      let answer = try SCP03.InitializeUpdateResponse(bytes: Array(object.content))
      guard answer.keyVersion == keyVersion, !answer.options.contains(.s16) else { throw .malformed }
      do {
        let opening = try Opening(keys: keys, hostChallenge: hostChallenge, cardChallenge: answer.challenge)
        guard equalInConstantTime(opening.cardCryptogram, answer.cryptogram) else { throw SCP03Error.wrongCryptogram }
        let (command, chain) = try opening.externalAuthenticate()
        state = .open(BSP.Sender(keys: try opening.sessionKeys(chain: chain)), Answers(sRMAC: opening.keys.sRMAC))
        return command
      } catch let error as SCP03Error {
        throw error
      } catch let error as KeyError {
        throw .cipher(error)
      } catch {
        throw .malformed
      }
    }

    /// `data`, not more than the tag's payload limit, in one segment.
    public mutating func protect(_ data: ArraySlice<UInt8>, as tag: BSP.Tag) throws(BSPError) -> [UInt8] {
      guard case .open(var sender, let answers) = state else { throw .unusable }
      let segment = try sender.protectOne(data, as: tag)
      state = .open(sender, answers)
      return segment
    }

    /// SGP.02 §4.1.3.3: the segments after 87 are under `keys`.
    public mutating func replaceKeys(_ keys: BSP.SessionKeys) throws(BSPError) {
      guard case .open(var sender, let answers) = state else { throw .unusable }
      sender.replaceKeys(keys)
      state = .open(sender, answers)
    }

    /// What the ISD-P answered to the segment that was protected last; a refusal (9F8x) is malformed.
    public func open(_ response: [UInt8]) throws(BSPError) -> [UInt8] {
      guard case .open(let sender, let answers) = state, let object = try? TLVElement(response) else {
        throw .malformed
      }
      return try answers.open(object, after: sender.state)
    }
  }
}
