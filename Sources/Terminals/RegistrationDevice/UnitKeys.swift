import Bytes
import HandsetRegistration
import Keys
import SecureMessages
import TLV

/// KD_MSN, KE_MSN and the approvals of the model, as one unit keeps them (Fig. 4 (f, g), Fig. 45): "stored in such a
/// manner that they cannot be easily recognized by reading out the contents of the EEPROM and comparing them between
/// different mobile units". They are wrapped under a key that this unit alone has, so two units have nothing alike.
public struct UnitKeys: Sendable {
  private static let context = "device model key"

  /// What somebody reads who opens the unit.
  public let wrapped: [UInt8]
  private let vault: KeyVault

  /// What is within.
  private struct Content: TLVMessage, TLVSequence {
    // SEQUENCE { key [0] OCTET STRING, approvals [1] SEQUENCE OF Signed }
    static let tag: TLVTag = .sequence
    let key: Secret
    let approvals: [Signed<ModelApproval>]

    init(key: Secret, approvals: [Signed<ModelApproval>]) { (self.key, self.approvals) = (key, approvals) }

    init(fields reader: inout TLVReader) throws(TLVError) {
      key = try reader.read(0x80)
      var list = try reader.element(0xA1).reader()
      var approvals: [Signed<ModelApproval>] = []
      while !list.isAtEnd { approvals.append(try list.read()) }
      self.approvals = approvals
    }

    func encodeFields(to writer: inout TLVWriter) {
      writer.write(0x80, key)
      writer.write(0xA1) { writer in for approval in approvals { writer.write(approval) } }
    }
  }

  /// At the factory: the model's key pair and approvals go into a unit, whose own key has 32 bytes and is no other's.
  public init(
    modelKey: PrivateKey, approvals: [Signed<ModelApproval>] = [], unitKey: Secret, random: any RandomSource
  ) throws(KeyError) {
    vault = try KeyVault(current: unitKey)
    let content = Content(key: modelKey.scalar, approvals: approvals)
    wrapped = try vault.wrap(Secret(content.encoded), context: Self.context, random: random)
  }

  /// What a unit with `unitKey` keeps; refused where it was wrapped in another unit.
  public init(wrapped: [UInt8], unitKey: Secret) throws(KeyError) {
    (self.wrapped, vault) = (wrapped, try KeyVault(current: unitKey))
    _ = try model()
  }

  /// The model with KD_MSN, for one use: the device gives it to nobody.
  public func model() throws(KeyError) -> KeyHolder {
    let key = try PrivateKey(.p256, scalar: content().key.bytes)
    return KeyHolder(.model(key.publicKey), key: key)
  }

  /// Carriers' approvals of the model, for cards that do not know it (Fig. 45).
  public func approvals() throws(KeyError) -> [Signed<ModelApproval>] { try content().approvals }

  private func content() throws(KeyError) -> Content {
    let bytes = try vault.unwrap(wrapped, context: Self.context).bytes
    do { return try Content(encoded: bytes) } catch { throw KeyError("the unit's keys are damaged: \(error)") }
  }
}
