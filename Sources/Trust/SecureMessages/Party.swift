import Identifiers
import Keys
import TLV

/// Who speaks or is spoken to, by a name that tells the role too: "carrier:44010", "module:01F3…".
public struct Party: Hashable, Sendable, CustomStringConvertible {
  /// 1 to 64 printable ASCII characters.
  public let name: String

  /// The party of that name; refused unless it is 1 to 64 printable ASCII characters.
  public init(_ name: String) throws(InvalidIdentifier) {
    guard (1...64).contains(name.utf8.count), name.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
      throw InvalidIdentifier(kind: "party", reason: "a name is 1 to 64 printable ASCII characters")
    }
    self.name = name
  }

  public var description: String { name }
}

extension Party: TLVContent {
  public init(_ element: TLVElement) throws(TLVError) {
    let name = try String(element)
    do { try self.init(name) } catch { throw .invalid(element.tag, "\(error)") }
  }

  public func encodeContent(to writer: inout TLVWriter) { name.encodeContent(to: &writer) }
}

/// A party and the public key that is known to be its own: from a certificate, or a statement that was verified.
public struct KnownParty: Hashable, Sendable {
  /// The party.
  public let party: Party
  /// Its key.
  public let key: PublicKey

  /// Says that `key` is the party's.
  public init(_ party: Party, key: PublicKey) { (self.party, self.key) = (party, key) }
}

/// A party that holds its own private key: who signs, and who opens what is sealed to it.
public struct KeyHolder: Sendable {
  /// The party.
  public let party: Party
  /// Its key.
  public let key: PrivateKey

  /// The holder of `key`.
  public init(_ party: Party, key: PrivateKey) { (self.party, self.key) = (party, key) }

  /// What others may know of the holder.
  public var known: KnownParty { KnownParty(party, key: key.publicKey) }
}
