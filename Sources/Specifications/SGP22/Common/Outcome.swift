import TLV

/// A function whose answer is a choice of success and failure.
public protocol OutcomeFunction: Sendable {
  /// What success tells.
  associatedtype Ok: TLVContent
  /// What failure tells: an INTEGER, or a SEQUENCE.
  associatedtype Failure: TLVContent
  /// The answer's tag.
  static var tag: TLVTag { get }
}

/// The shape that most answers of SGP.22 have.
///
/// ```
/// CHOICE { ok [0] Ok, error [1] Failure }   -- automatic tags; the choice stands inside the function's tag
/// ```
public enum Outcome<Function: OutcomeFunction>: TLVMessage {
  case ok(Function.Ok)
  case error(Function.Failure)

  public static var tag: TLVTag { Function.tag }

  private static var errorTag: TLVTag { .context(1, constructed: Function.Failure.self is any TLVSequence.Type) }

  public init(_ element: TLVElement) throws(TLVError) {
    var reader = try element.reader()
    if let error = try reader.readIfPresent(Self.errorTag, as: Function.Failure.self) {
      self = .error(error)
    } else {
      self = .ok(try reader.read(0xA0))
    }
    try reader.finish()
  }

  public func encodeContent(to writer: inout TLVWriter) {
    switch self {
    case .ok(let ok): writer.write(0xA0, ok)
    case .error(let error): writer.write(Self.errorTag, error)
    }
  }
}

extension Outcome: Equatable where Function.Ok: Equatable, Function.Failure: Equatable {}
extension Outcome: Hashable where Function.Ok: Hashable, Function.Failure: Hashable {}

/// Why the eUICC refuses something in a session.
///
/// ```
/// SEQUENCE { transactionId [0] TransactionId, code INTEGER, ... }
/// ```
public struct SessionError<Code: LenientEnumeration>: TLVSequence, Hashable {
  /// The session.
  public let transactionId: TransactionId
  /// Why.
  public let errorCode: Code

  /// Both fields.
  public init(transactionId: TransactionId, errorCode: Code) {
    (self.transactionId, self.errorCode) = (transactionId, errorCode)
  }

  public static var isExtensible: Bool { true }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    transactionId = try reader.read(0x80)
    errorCode = try reader.read(.integer)
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x80, transactionId)
    writer.write(.integer, errorCode)
  }
}

/// A request without input data.
///
/// ```
/// SEQUENCE {}
/// ```
public protocol EmptyRequest: TLVMessage, TLVSequence, Hashable {
  init()
}

extension EmptyRequest {
  public static var isExtensible: Bool { true }
  public init(fields reader: inout TLVReader) throws(TLVError) { self.init() }
  public func encodeFields(to writer: inout TLVWriter) {}
}

/// An answer that is one code.
///
/// ```
/// SEQUENCE { result INTEGER }   -- automatic tag 80
/// ```
public struct ResultMessage<Function: ResultFunction>: TLVMessage, TLVSequence, Hashable {
  /// How the function ended.
  public let result: Function.Result

  /// An answer.
  public init(_ result: Function.Result) { self.result = result }

  public static var tag: TLVTag { Function.tag }
  public static var isExtensible: Bool { true }
  public init(fields reader: inout TLVReader) throws(TLVError) { result = try reader.read(0x80) }
  public func encodeFields(to writer: inout TLVWriter) { writer.write(0x80, result) }
}

/// A function whose answer is one code.
public protocol ResultFunction: Sendable {
  /// The codes.
  associatedtype Result: LenientEnumeration
  /// The answer's tag.
  static var tag: TLVTag { get }
}

/// A function that the device asks of the eUICC (ES10), by STORE DATA.
public protocol CardFunction: Sendable {
  /// The command's data.
  associatedtype Request: TLVMessage
  /// The answer's data.
  associatedtype Response: TLVMessage
}
