import Bytes
import Keys
import TLV

/// SCP03t (SGP.02 §4.1.3.3): SCP03 between an SM-DP and an ISD-P with data objects in the place of commands. It opens with
/// 84 and 85 as SCP03 does with INITIALIZE UPDATE and EXTERNAL AUTHENTICATE; the profile then comes in 86 segments, which
/// are BSP's (SGP.22 took them over), and each is answered.
public enum SCP03t {
  /// The data objects by tag.
  public enum Tag {
    /// INITIALIZE UPDATE, and its answer.
    public static let initializeUpdate: TLVTag = 0x84
    /// EXTERNAL AUTHENTICATE, and its answer.
    public static let externalAuthenticate: TLVTag = 0x85
    /// A segment of the profile, and its answer.
    public static let segment: TLVTag = 0x86
    /// Keys of the profile's own, for the segments that follow.
    public static let replaceKeys: TLVTag = 0x87
  }

  /// C-MAC, C-ENC, R-MAC and R-ENC: nothing less is accepted.
  static let securityLevel: UInt8 = 0x33

  /// What both sides have after 84.
  struct Opening: Sendable {
    let keys: (sENC: Secret, sMAC: Secret, sRMAC: Secret)
    let hostCryptogram: [UInt8]
    let cardCryptogram: [UInt8]

    /// Amendment D §6.2.1, §6.2.2: session keys and cryptograms, over both challenges.
    init(keys: SCP03.Keys, hostChallenge: [UInt8], cardChallenge: [UInt8]) throws(KeyError) {
      let context = hostChallenge + cardChallenge
      func key(_ constant: UInt8, _ key: Secret) throws(KeyError) -> Secret {
        Secret(try SCP03.derive(constant, context, key: key, length: 16))
      }
      self.keys = (try key(0x04, keys.enc), try key(0x06, keys.mac), try key(0x07, keys.mac))
      cardCryptogram = try SCP03.derive(0x00, context, key: self.keys.sMAC, length: 8)
      hostCryptogram = try SCP03.derive(0x01, context, key: self.keys.sMAC, length: 8)
    }

    /// 85 with security level and host cryptogram, and the C-MAC over all of it that opens the chain.
    func externalAuthenticate() throws(KeyError) -> (object: [UInt8], chain: Secret) {
      let clear: [UInt8] = [0x85, UInt8(1 + 2 * 8), securityLevel] + hostCryptogram
      let mac = try AES.cmac(SCP03.zeros + clear, key: keys.sMAC)
      return (clear + mac.prefix(8), Secret(mac))
    }

    func sessionKeys(chain: Secret) throws(KeyError) -> BSP.SessionKeys {
      try BSP.SessionKeys(sENC: keys.sENC, sMAC: keys.sMAC, initialMACChainingValue: chain)
    }
  }

  /// The answers' protection: encrypted under S-ENC with the command's block number, the first byte 80; the R-MAC is
  /// chained to the command's C-MAC (Amendment D §6.2.5, §6.2.7).
  struct Answers: Sendable {
    let sRMAC: Secret

    func protect(_ data: [UInt8], after state: BSP.State) throws(BSPError) -> [UInt8] {
      do {
        var content: [UInt8] = []
        if !data.isEmpty {
          let padded = data + [0x80]
          let fill = [UInt8](repeating: 0, count: SCP80.fill(padded.count))
          content = try AES.cbcEncrypt(padded + fill, key: state.keys.sENC, iv: initialVector(state))
        }
        let clear = header(content.count) + content
        return clear + (try mac(clear, state))
      } catch { throw .cipher(error) }
    }

    func open(_ object: TLVElement, after state: BSP.State) throws(BSPError) -> [UInt8] {
      guard object.tag == Tag.segment, object.content.count >= 8 else { throw .malformed }
      let (clear, content) = (Array(object.encoded.dropLast(8)), Array(object.content.dropLast(8)))
      do {
        guard equalInConstantTime(try mac(clear, state), object.content.suffix(8)) else { throw BSPError.wrongMAC }
        guard !content.isEmpty else { return [] }
        guard content.count % AES.blockSize == 0 else { throw BSPError.malformed }
        let plain = try AES.cbcDecrypt(content, key: state.keys.sENC, iv: initialVector(state))
        guard let marker = plain.lastIndex(where: { $0 != 0 }), plain[marker] == 0x80 else {
          throw BSPError.wrongPadding
        }
        return Array(plain[..<marker])
      } catch let error as BSPError {
        throw error
      } catch let error as KeyError {
        throw .cipher(error)
      } catch {
        throw .malformed
      }
    }

    private func header(_ length: Int) -> [UInt8] {
      var writer = TLVWriter()
      writer.append(Tag.segment)
      writer.appendLength(length + 8)
      return writer.bytes
    }

    private func mac(_ clear: [UInt8], _ state: BSP.State) throws(KeyError) -> [UInt8] {
      Array(try AES.cmac(state.macChainingValue + clear, key: sRMAC).prefix(8))
    }

    private func initialVector(_ state: BSP.State) throws(KeyError) -> [UInt8] {
      // The state has gone on to the next block already.
      let block = [0x80] + [UInt8](repeating: 0, count: 7) + (state.blockNumber - 1).bigEndianBytes
      return try AES.encryptBlock(block, key: state.keys.sENC)
    }
  }
}
