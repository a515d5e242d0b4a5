import Identifiers
import JSON
import SGP22
import TLV

/// What a server does for an eUICC: there is one manager, and a provider for each operator.
public enum AddressedService: Hashable, Sendable, CustomStringConvertible {
  /// It manages the eUICC and has its management keys: the SM-SR.
  case manager
  /// It provides the profiles of an operator: the SM-DP or SM-DP+.
  case provider(PLMN)

  private static let providerPrefix = "provider:"

  /// "manager", "provider:00101"; nil for anything else.
  public init?(_ text: some StringProtocol) {
    if text == "manager" {
      self = .manager
    } else if text.hasPrefix(Self.providerPrefix), let plmn = try? PLMN(text.dropFirst(Self.providerPrefix.count)) {
      self = .provider(plmn)
    } else {
      return nil
    }
  }

  public var description: String {
    switch self {
    case .manager: "manager"
    case .provider(let plmn): Self.providerPrefix + plmn.mcc + plmn.mnc
    }
  }
}

extension AddressedService: TLVContent {
  public init(_ element: TLVElement) throws(TLVError) {
    guard let service = AddressedService(try String(element)) else {
      throw .invalid(element.tag, "there is no such service")
    }
    self = service
  }

  public func encodeContent(to writer: inout TLVWriter) { description.encodeContent(to: &writer) }
}

extension JSONObject {
  func service() throws(JSONError) -> AddressedService {
    guard let service = AddressedService(try text("service", atMost: 32)) else {
      throw .invalid("service", "\"manager\" or \"provider:\" with an operator's five or six digits is wanted")
    }
    return service
  }

  func oid(_ name: String) throws(JSONError) -> OID {
    guard let oid = OID(try text(name, atMost: 128)) else { throw .invalid(name, "an object identifier is wanted") }
    return oid
  }
}
