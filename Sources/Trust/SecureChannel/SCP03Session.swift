import APDU
import Bytes
import Keys

extension SCP03 {
  /// What both sides of a session share and advance with each command.
  struct Session: Sendable {
    private let sENC: Secret
    private let sMAC: Secret
    private let sRMAC: Secret
    let options: Options
    let hostCryptogram: [UInt8]
    let cardCryptogram: [UInt8]
    var level: SecurityLevel = []
    /// §6.2.3: the first MAC chaining value is 16 bytes 00.
    private var macChainingValue = SCP03.zeros
    /// §6.2.6: counts commands from 1 after EXTERNAL AUTHENTICATE; the first three quarters of the block stay zero.
    private var commandNumber: UInt64 = 0

    /// §6.2.1: the session keys, over both challenges; §6.2.2: both cryptograms.
    init(keys: Keys, options: Options, hostChallenge: [UInt8], cardChallenge: [UInt8]) throws(KeyError) {
      let context = hostChallenge + cardChallenge
      let length = keys.enc.bytes.count
      sENC = Secret(try derive(0x04, context, key: keys.enc, length: length))
      sMAC = Secret(try derive(0x06, context, key: keys.mac, length: length))
      sRMAC = Secret(try derive(0x07, context, key: keys.mac, length: length))
      cardCryptogram = try derive(0x00, context, key: sMAC, length: options.macLength)
      hostCryptogram = try derive(0x01, context, key: sMAC, length: options.macLength)
      self.options = options
    }

    /// Another command begins: its number is that of its encryption and of its answer's.
    mutating func nextCommand() { commandNumber += 1 }

    // MARK: MACs

    /// §6.2.4: the C-MAC over the chaining value, the header with the final Lc, and the data as they are sent. The
    /// class byte counts without a logical channel and with bit 3 set.
    mutating func commandMAC(_ command: Command, data: [UInt8]) throws(SCP03Error) -> [UInt8] {
      let lc = data.count + options.macLength
      guard lc <= 65_535 else { throw .tooLong }
      let length = lc > 255 ? [0] + UInt16(lc).bigEndianBytes : [UInt8(lc)]
      let header = [command.cla & 0x80 | 0x04, command.ins, command.p1, command.p2]
      macChainingValue = try cmac(header + length + data, key: sMAC)
      return Array(macChainingValue.prefix(options.macLength))
    }

    /// §6.2.5: the R-MAC over the chaining value, the data as they are sent and the status word.
    func responseMAC(_ data: [UInt8], _ status: StatusWord) throws(SCP03Error) -> [UInt8] {
      Array(try cmac(data + status.bytes, key: sRMAC).prefix(options.macLength))
    }

    private func cmac(_ bytes: [UInt8], key: Secret) throws(SCP03Error) -> [UInt8] {
      do { return try AES.cmac(macChainingValue + bytes, key: key) } catch { throw .cipher(error) }
    }

    // MARK: Encryption

    /// §6.2.6 and §6.2.7: the command's number as one block, with the first byte 80 for an answer, under S-ENC.
    private func initialVector(isAnswer: Bool) throws(KeyError) -> [UInt8] {
      let block = [isAnswer ? 0x80 : 0x00] + [UInt8](repeating: 0, count: 7) + commandNumber.bigEndianBytes
      return try AES.encryptBlock(block, key: sENC)
    }

    /// Pads with 80 and zeros, and encrypts.
    func encrypt(_ data: [UInt8], isAnswer: Bool) throws(SCP03Error) -> [UInt8] {
      let padded = data + [0x80]
      let fill = (AES.blockSize - padded.count % AES.blockSize) % AES.blockSize
      do {
        return try AES.cbcEncrypt(
          padded + [UInt8](repeating: 0, count: fill), key: sENC, iv: initialVector(isAnswer: isAnswer))
      } catch { throw .cipher(error) }
    }

    /// Decrypts and takes the padding off. The MAC was right before, so a refusal tells nobody anything new.
    func decrypt(_ data: [UInt8], isAnswer: Bool) throws(SCP03Error) -> [UInt8] {
      guard !data.isEmpty, data.count % AES.blockSize == 0 else { throw .malformed }
      let plain: [UInt8]
      do {
        plain = try AES.cbcDecrypt(data, key: sENC, iv: initialVector(isAnswer: isAnswer))
      } catch { throw .cipher(error) }
      guard let marker = plain.lastIndex(where: { $0 != 0 }), plain[marker] == 0x80,
        plain.count - marker <= AES.blockSize
      else { throw .wrongPadding }
      return Array(plain[..<marker])
    }
  }

  /// §6.2.5: an answer with an error status is not protected: all but 9000 and the warnings 62xx and 63xx.
  static func isProtected(_ status: StatusWord) -> Bool {
    status == .ok || [0x62, 0x63].contains(UInt8(status.rawValue >> 8))
  }
}
