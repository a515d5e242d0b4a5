import Stations
import Identifiers
import ProfileFactory
import Store

/// Where the packages come from that orders ask for.
public protocol PackageSource: Sendable {
  /// What is to be bound for `order`.
  func contents(of order: Order, given: Given, in reader: any Reader) throws -> BoundProfile.Contents
  /// The unprotected package of `order`, to tell what failed in it.
  func package(of order: Order, in reader: any Reader) throws -> [UInt8]
}

/// Makes the package of one kind of profile: a template with its open places.
public protocol PackageBuilder: Sendable {
  /// The names of personal data that a package takes.
  var parameters: Set<String> { get }
  /// The package for one profile.
  func package(iccid: ICCID, personalData: PersonalValues) throws -> [UInt8]
}

/// Why there is no package for an order.
public enum PackageProblem: Error, Equatable, CustomStringConvertible {
  case unknownTemplate(String)
  case missingPackage
  case missingPersonalData

  public var description: String {
    switch self {
    case .unknownTemplate(let name): "there is no template \"\(name)\""
    case .missingPackage: "the ready-made package is not in the store"
    case .missingPersonalData: "the order has no personal data for its template"
    }
  }
}
