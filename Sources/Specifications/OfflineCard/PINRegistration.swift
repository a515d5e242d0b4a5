import SecureMessages
import TLV

/// ST(R‖X‖Nc): the terminal's word, in answer to the card's X, that its user chose this PIN.
public struct PINRegistration: FreshBody, Hashable {
  // PINRegistration ::= SEQUENCE { r [0] Challenge, pin [1] OCTET STRING }
  public static let messageType = "B.PINRegistration"
  /// R.
  public let r: Challenge
  /// Nc.
  public let pin: PIN

  /// Both fields.
  public init(r: Challenge, pin: PIN) { (self.r, self.pin) = (r, pin) }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    r = try reader.read(0x80)
    pin = try reader.read(0x81)
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x80, r)
    writer.write(0x81, pin)
  }
}
