import Stations
import Foundation
import Identifiers
import Keys
import ProfileFactory
import Store

/// Makes packages from templates and finds ready-made ones.
///
/// `@unchecked Sendable`: the shelf is used under the lock alone.
public final class Workshop: PackageSource, @unchecked Sendable {
  /// How many ready-made packages are at hand without asking the store.
  private static let shelfLimit = 32

  private let templates: [String: any PackageBuilder]
  private let vault: KeyVault
  private let protectsBeforehand: Bool
  private let lock = NSLock()
  private var shelf: [[UInt8]: Item] = [:]

  private struct Item {
    let package: [UInt8]
    /// Protected once, given to every eUICC that has the package: it needs only the keys.
    var protected: ProtectedProfile?
  }

  /// A workshop with the given templates; personal data and ready-made packages open with `vault`. With `protectsBeforehand` ready-made
  /// packages are protected once under keys of their own (SGP.22 §2.5.3), which saves encrypting them at each download.
  public init(templates: [String: any PackageBuilder] = [:], vault: KeyVault, protectsBeforehand: Bool = true) {
    (self.templates, self.vault, self.protectsBeforehand) = (templates, vault, protectsBeforehand)
  }

  public func package(of order: Order, in reader: any Reader) throws -> [UInt8] {
    switch order.source {
    case .package(let hash): return try item(hash, in: reader).package
    case .template(let name):
      guard let template = templates[name] else { throw PackageProblem.unknownTemplate(name) }
      guard let wrapped = order.personalData else { throw PackageProblem.missingPersonalData }
      let data = try PersonalValues(wrapped: wrapped, for: order.iccid, in: vault)
      return try template.package(iccid: order.iccid, personalData: data)
    }
  }

  public func contents(of order: Order, given: Given, in reader: any Reader) throws -> BoundProfile.Contents {
    guard case .package(let hash) = order.source, protectsBeforehand else {
      return .package(try package(of: order, in: reader))
    }
    let item = try item(hash, in: reader)
    if let protected = item.protected { return .protected(protected) }
    let protected = try ProtectedProfile(item.package, random: given.random)
    lock.withLock { shelf[hash]?.protected = protected }
    return .protected(protected)
  }

  private func item(_ hash: [UInt8], in reader: any Reader) throws -> Item {
    if let item = lock.withLock({ shelf[hash] }) { return item }
    guard let package = try OrderBook.package(hash, in: vault, reader) else { throw PackageProblem.missingPackage }
    let item = Item(package: package)
    lock.withLock {
      if shelf.count >= Self.shelfLimit { shelf.removeAll() }
      shelf[hash] = item
    }
    return item
  }
}
