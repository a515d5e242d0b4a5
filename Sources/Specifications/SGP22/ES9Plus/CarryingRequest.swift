import JSON
import TLV

/// A function of ES9+ by which the device carries an answer of the eUICC to the server as it came.
public protocol CarryingFunction: Sendable {
  /// The function that the eUICC answered.
  associatedtype Carried: OutcomeFunction
  /// The request's tag.
  static var tag: TLVTag { get }
  /// What the JSON binding calls the answer.
  static var carriedName: String { get }
}

/// What the device asks of the server then.
///
/// ```
/// SEQUENCE { transactionId [0] TransactionId, answer [its own tag], ... }
/// ```
public struct CarryingRequest<Function: CarryingFunction>: TLVMessage, TLVSequence, JSONMessage {
  /// The session.
  public let transactionId: TransactionId
  let answer: Verbatim<Outcome<Function.Carried>>

  init(transactionId: TransactionId, answer: Verbatim<Outcome<Function.Carried>>) {
    (self.transactionId, self.answer) = (transactionId, answer)
  }

  public static var tag: TLVTag { Function.tag }
  public static var isExtensible: Bool { true }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    transactionId = try reader.read(0x80)
    answer = try reader.read(Function.Carried.tag)
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x80, transactionId)
    writer.write(Function.Carried.tag, answer)
  }

  public init(json: JSONObject) throws(JSONError) {
    transactionId = try json.transactionId()
    answer = try json.verbatim(Function.carriedName)
  }

  public var json: JSONObject {
    var json = JSONObject()
    json.set(transactionId)
    json.set(Function.carriedName, answer)
    return json
  }
}

extension CarryingRequest: Equatable where Outcome<Function.Carried>: Equatable {}
extension CarryingRequest: Hashable where Outcome<Function.Carried>: Hashable {}
