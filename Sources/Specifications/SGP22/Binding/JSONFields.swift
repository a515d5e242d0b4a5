import CircleOfTrust
import Identifiers
import JSON
import TLV

/// SGP.22 §6.5.2: ASN.1 objects travel as base 64 of their DER, identifiers as digits.
extension JSONObject {
  package func message<Message: TLVMessage>(_ name: String, as type: Message.Type = Message.self) throws(JSONError)
    -> Message
  {
    let bytes = try bytes(name)
    do { return try Message(encoded: bytes) } catch { throw .invalid(name, "\(error)") }
  }

  func verbatim<Value: TLVContent>(_ name: String, _ tag: TLVTag) throws(JSONError) -> Verbatim<Value> {
    let bytes = try bytes(name)
    do {
      let element = try TLVElement(bytes)
      guard element.tag == tag else { throw TLVError.missing(wanted: tag, found: element.tag) }
      return try Verbatim(element)
    } catch { throw .invalid(name, "\(error)") }
  }

  func verbatim<Value: TLVMessage>(_ name: String) throws(JSONError) -> Verbatim<Value> {
    try verbatim(name, Value.tag)
  }

  /// A signature with its header 5F37.
  func signature(_ name: String) throws(JSONError) -> [UInt8] {
    let bytes = try bytes(name)
    do {
      var reader = TLVReader(bytes)
      let signature = try reader.signature()
      try reader.finish()
      return signature
    } catch { throw .invalid(name, "\(error)") }
  }

  func transactionId() throws(JSONError) -> TransactionId {
    guard let value = TransactionId(hex: try text("transactionId", atMost: 64)) else {
      throw .invalid("transactionId", "2 to 32 hexadecimal digits are wanted")
    }
    return value
  }

  package func address(_ name: String) throws(JSONError) -> String { try text(name, atMost: Limit.address) }

  package func eidIfPresent() throws(JSONError) -> EID? {
    guard let text = try textIfPresent("eid", atMost: 32) else { return nil }
    do { return try EID(text) } catch { throw .invalid("eid", "\(error)") }
  }

  package func eid() throws(JSONError) -> EID {
    guard let eid = try eidIfPresent() else { throw .missing("eid") }
    return eid
  }

  /// SGP.22 §6.5.2: 18 to 20 digits, where a 20th may be the filler F.
  package func iccidIfPresent() throws(JSONError) -> ICCID? {
    guard let text = try textIfPresent("iccid", atMost: 20) else { return nil }
    do {
      return try ICCID(text.utf8.count == 20 && "Ff".contains(text.last ?? " ") ? String(text.dropLast()) : text)
    } catch { throw .invalid("iccid", "\(error)") }
  }

  package func iccid() throws(JSONError) -> ICCID {
    guard let iccid = try iccidIfPresent() else { throw .missing("iccid") }
    return iccid
  }

  // MARK: Writing

  package mutating func set(_ name: String, _ message: (some TLVMessage)?) { set(name, base64: message?.encoded) }

  mutating func set<Value>(_ name: String, _ verbatim: Verbatim<Value>) { set(name, base64: verbatim.encoded) }

  mutating func set(_ name: String, signature: [UInt8]) { set(name, base64: signatureObject(signature)) }

  mutating func set(_ transactionId: TransactionId) { set("transactionId", transactionId.description) }

  package mutating func set(_ eid: EID?) { set("eid", eid?.digits) }

  /// 19 digits are written with the filler, which peers before v2.2 ask for.
  package mutating func set(_ iccid: ICCID?) {
    set("iccid", iccid.map { $0.digits.utf8.count == 19 ? $0.digits + "F" : $0.digits })
  }
}
