import TLV

/// A request on ES9+ or ES11 in the ASN.1 binding (SGP.22 §6.6).
///
/// ```
/// RemoteProfileProvisioningRequest ::= [2] CHOICE {          -- A2
///   initiateAuthenticationRequest [57], authenticateClientRequest [59], getBoundProfilePackageRequest [58],
///   cancelSessionRequestEs9 [65], handleNotification [61] }
/// ```
public enum RemoteProfileProvisioningRequest: TLVMessage, Hashable {
  case initiateAuthentication(ES9Plus.InitiateAuthentication.Request)
  case authenticateClient(ES9Plus.AuthenticateClient.Request)
  case getBoundProfilePackage(ES9Plus.GetBoundProfilePackage.Request)
  case cancelSession(ES9Plus.CancelSession.Request)
  case handleNotification(ES9Plus.HandleNotification.Request)

  public static let tag: TLVTag = 0xA2

  public init(_ element: TLVElement) throws(TLVError) {
    var reader = try element.reader()
    switch reader.nextTag {
    case ES9Plus.InitiateAuthentication.Request.tag: self = .initiateAuthentication(try reader.read())
    case ES9Plus.AuthenticateClient.Request.tag: self = .authenticateClient(try reader.read())
    case ES9Plus.GetBoundProfilePackage.Request.tag: self = .getBoundProfilePackage(try reader.read())
    case ES9Plus.CancelSession.Request.tag: self = .cancelSession(try reader.read())
    default: self = .handleNotification(try reader.read())
    }
    try reader.finish()
  }

  public func encodeContent(to writer: inout TLVWriter) {
    switch self {
    case .initiateAuthentication(let request): writer.write(request)
    case .authenticateClient(let request): writer.write(request)
    case .getBoundProfilePackage(let request): writer.write(request)
    case .cancelSession(let request): writer.write(request)
    case .handleNotification(let request): writer.write(request)
    }
  }
}

/// An answer on ES9+ or ES11 in the ASN.1 binding (SGP.22 §6.6).
///
/// ```
/// RemoteProfileProvisioningResponse ::= [2] CHOICE {         -- A2
///   initiateAuthenticationResponse [57], authenticateClientResponseEs9 [59], getBoundProfilePackageResponse [58],
///   cancelSessionResponseEs9 [65], authenticateClientResponseEs11 [64] }
/// ```
public enum RemoteProfileProvisioningResponse: TLVMessage, Hashable {
  case initiateAuthentication(Outcome<ES9Plus.InitiateAuthentication>)
  case authenticateClientEs9(Outcome<ES9Plus.AuthenticateClient>)
  case getBoundProfilePackage(Outcome<ES9Plus.GetBoundProfilePackage>)
  case cancelSession(Outcome<ES9Plus.CancelSession>)
  case authenticateClientEs11(Outcome<ES11.AuthenticateClient>)

  public static let tag: TLVTag = 0xA2

  public init(_ element: TLVElement) throws(TLVError) {
    var reader = try element.reader()
    switch reader.nextTag {
    case ES9Plus.InitiateAuthentication.tag: self = .initiateAuthentication(try reader.read())
    case ES9Plus.AuthenticateClient.tag: self = .authenticateClientEs9(try reader.read())
    case ES9Plus.GetBoundProfilePackage.tag: self = .getBoundProfilePackage(try reader.read())
    case ES9Plus.CancelSession.tag: self = .cancelSession(try reader.read())
    default: self = .authenticateClientEs11(try reader.read())
    }
    try reader.finish()
  }

  public func encodeContent(to writer: inout TLVWriter) {
    switch self {
    case .initiateAuthentication(let response): writer.write(response)
    case .authenticateClientEs9(let response): writer.write(response)
    case .getBoundProfilePackage(let response): writer.write(response)
    case .cancelSession(let response): writer.write(response)
    case .authenticateClientEs11(let response): writer.write(response)
    }
  }
}

extension OutcomeFunction where Failure: FunctionErrorCode {
  /// The answer in the ASN.1 binding, whose refusals are numbers of the function's own.
  public static func outcome(_ answer: Result<Ok, Refusal>) -> Outcome<Self> {
    switch answer {
    case .success(let response): .ok(response)
    case .failure(let refusal): .error(Failure(refusal))
    }
  }
}

/// The numbers that stand for refusals in the ASN.1 binding of one function.
public protocol FunctionErrorCode: LenientEnumeration {
  /// The refusals that have a number.
  static var refusals: [(refusal: Refusal, code: Self)] { get }
}

extension FunctionErrorCode {
  /// The number for `refusal`.
  public init(_ refusal: Refusal) { self = Self.refusals.first { $0.refusal == refusal }?.code ?? .unknown }

  /// The refusal that the number stands for.
  public var refusal: Refusal { Self.refusals.first { $0.code == self }?.refusal ?? .providerFailed }
}
