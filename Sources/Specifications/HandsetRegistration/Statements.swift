import Identifiers
import Keys
import SecureMessages
import TLV

// Statements that hold for a time; E(KD, M) of the document.

/// E(KD_COB, KE_C): the consortium says that a key is a carrier's.
public struct CarrierKey: LastingBody, TLVMessage, Hashable {
  // CarrierKey ::= SEQUENCE { carrier [0] Party, key [1] OCTET STRING }
  public static let messageType = "A.CarrierKey"
  public static let tag: TLVTag = .sequence
  /// The carrier.
  public let carrier: Party
  /// KE_C.
  public let key: PublicKey

  /// Says that `key` is the carrier's.
  public init(carrier: Party, key: PublicKey) { (self.carrier, self.key) = (carrier, key) }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    (carrier, key) = (try reader.read(0x80), try reader.key(0x81))
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x80, carrier)
    writer.write(0x81, key: key)
  }

  /// The carrier with its key.
  public var known: KnownParty { KnownParty(carrier, key: key) }
}

/// What a model is a model of: an approval of one is none of the other.
public enum ModelRole: Int, TLVEnumeration, CaseIterable {
  /// A handset, with KE_MSN.
  case handset = 1
  /// A registration terminal, with KE_A.
  case registrationTerminal = 2
}

/// E(KD_C, KE_MSN) and E(KD_C, KE_A): a carrier approves a model of handset or of registration terminal.
public struct ModelApproval: LastingBody, Hashable {
  // ModelApproval ::= SEQUENCE { key [0] OCTET STRING, role [1] ModelRole }
  public static let messageType = "A.ModelApproval"
  /// KE_MSN or KE_A.
  public let key: PublicKey
  /// Which of both it is.
  public let role: ModelRole

  /// Approves the model whose key this is, for one role.
  public init(key: PublicKey, role: ModelRole) { (self.key, self.role) = (key, role) }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    (key, role) = (try reader.key(0x80), try reader.read(0x81))
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x80, key: key)
    writer.write(0x81, role)
  }
}

/// What a module is made for: one control program serves all.
public enum ModuleKind: Int, TLVEnumeration, CaseIterable {
  /// Built into a handset (Table 1).
  case handset = 1
  /// Built into a registration terminal, or the module writer (Table 2).
  case terminal = 2
  /// An IC card (Table 3).
  case card = 3

  /// The models that may be registered with such a module: an ID in it is read by handsets, or by the terminal.
  public var readers: ModelRole { self == .terminal ? .registrationTerminal : .handset }
}

/// The module maker says that a key lives in a module of its make, and never leaves it.
public struct ModuleCertificate: LastingBody, Hashable {
  // ModuleCertificate ::= SEQUENCE {
  //   number [0] OCTET STRING (SIZE (8)), kind [1] INTEGER, key [2] OCTET STRING, lot [3] INTEGER }
  public static let messageType = "A.ModuleCertificate"
  /// The module.
  public let number: ModuleNumber
  /// What it is made for.
  public let kind: ModuleKind
  /// Its own key: what is sealed to it nobody else can read.
  public let key: PublicKey
  /// The lot that it was made in: each has its own PWD.
  public let lot: Int

  /// Certifies `key`.
  public init(number: ModuleNumber, kind: ModuleKind, key: PublicKey, lot: Int) {
    (self.number, self.kind, self.key, self.lot) = (number, kind, key, lot)
  }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    (number, kind, key) = (try reader.read(0x80), try reader.read(0x81), try reader.key(0x82))
    lot = try reader.read(0x83)
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x80, number)
    writer.write(0x81, kind)
    writer.write(0x82, key: key)
    writer.write(0x83, lot)
  }

  /// The module with its key.
  public var known: KnownParty { KnownParty(.module(number), key: key) }
}
