import Bytes
import Identifiers
import Keys

extension BSP {
  /// The three values of a session (SGP.22 §2.6.4.2), or of a profile protected in advance (PPK, §2.5.4), 16 bytes each.
  public struct SessionKeys: Hashable, Sendable {
    /// S-ENC, or PPK-ENC.
    public let sENC: Secret
    /// S-MAC, or PPK-MAC.
    public let sMAC: Secret
    /// What the first C-MAC is chained to.
    public let initialMACChainingValue: Secret

    /// Refuses anything but 16 bytes.
    public init(sENC: Secret, sMAC: Secret, initialMACChainingValue: Secret) throws(KeyError) {
      guard [sENC, sMAC, initialMACChainingValue].allSatisfy({ $0.bytes.count == 16 }) else {
        throw KeyError("a session key, or the initial MAC chaining value, has 16 bytes")
      }
      (self.sENC, self.sMAC, self.initialMACChainingValue) = (sENC, sMAC, initialMACChainingValue)
    }

    /// Keys nobody can predict: the PPKs of a profile that is protected before its eUICC is known.
    public init(random: any RandomSource) throws(KeyError) {
      try self.init(
        sENC: Secret(random.bytes(16)), sMAC: Secret(random.bytes(16)),
        initialMACChainingValue: Secret(random.bytes(16)))
    }

    /// SGP.22 §2.6.4.2: X9.63 with SHA-256 over the shared secret ShS, with SharedInfo made of the key type, the key
    /// length, the length and value of HostID and the length and value of the EID. `hostId` is 1 to 16 bytes.
    public init(sharedSecret: Secret, hostId: [UInt8], eid: EID) throws(KeyError) {
      guard (1...16).contains(hostId.count) else { throw KeyError("a HostID has 1 to 16 bytes") }
      // Key type 88 is AES, key length 10 is 16 bytes.
      let sharedInfo = [0x88, 0x10, UInt8(hostId.count)] + hostId + [UInt8(eid.bytes.count)] + eid.bytes
      let derived = x963KDF(secret: sharedSecret, sharedInfo: sharedInfo, length: 48).bytes
      try self.init(
        sENC: Secret(Array(derived[16..<32])), sMAC: Secret(Array(derived[32..<48])),
        initialMACChainingValue: Secret(Array(derived[..<16])))
    }
  }
}

extension BSP {
  /// What both sides share and advance with each segment: the chain of MACs and the count of blocks.
  struct State: Sendable {
    let keys: SessionKeys
    var macChainingValue: [UInt8]
    var blockNumber: UInt64 = 1

    init(_ keys: SessionKeys) { (self.keys, macChainingValue) = (keys, keys.initialMACChainingValue.bytes) }

    /// §2.6.4.4: the number of the block, left padded with zeros to form a full block, encrypted with S-ENC.
    func initialVector() throws(BSPError) -> [UInt8] {
      let padded = [UInt8](repeating: 0, count: 8) + blockNumber.bigEndianBytes
      do { return try AES.encryptBlock(padded, key: keys.sENC) } catch { throw .cipher(error) }
    }

    /// §2.6.4.4: the C-MAC, all 16 bytes, over the MAC chaining value, the tag, the final length and the data.
    func mac(over segment: ArraySlice<UInt8>) throws(BSPError) -> [UInt8] {
      do { return try AES.cmac(macChainingValue + segment, key: keys.sMAC) } catch { throw .cipher(error) }
    }

    /// The next segment's state. The count goes on also after a segment with C-MAC only.
    mutating func advance(mac: [UInt8]) { (macChainingValue, blockNumber) = (mac, blockNumber + 1) }
  }
}
