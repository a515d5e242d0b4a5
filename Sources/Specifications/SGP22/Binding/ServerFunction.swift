import JSON
import TLV

/// A message of the JSON binding (SGP.22 §6.5).
public protocol JSONMessage: Sendable {
  /// Reads the body's fields; the header is the binding's.
  init(json: JSONObject) throws(JSONError)
  /// The body's fields.
  var json: JSONObject { get }
}

/// A function that is called by HTTP.
public protocol ServerFunction: Sendable {
  /// What is asked.
  associatedtype Request: JSONMessage
  /// What a success answers.
  associatedtype Response: JSONMessage
  /// Where: "/gsma/rsp2/es9plus/initiateAuthentication".
  static var path: String { get }
  /// Whether it is answered with status 204 and no body.
  static var isNotification: Bool { get }
}

extension ServerFunction {
  public static var isNotification: Bool { false }
}

/// An answer without fields of its own.
///
/// ```
/// SEQUENCE {}
/// ```
public struct NoFields: JSONMessage, TLVSequence, Hashable {
  public init() {}
  public init(json: JSONObject) {}
  public var json: JSONObject { JSONObject() }
  public static let isExtensible = true
  public init(fields reader: inout TLVReader) throws(TLVError) {}
  public func encodeFields(to writer: inout TLVWriter) {}
}
