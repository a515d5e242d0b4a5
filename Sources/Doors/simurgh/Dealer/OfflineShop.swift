import DealerTerminal
import Handset
import HandsetRegistration
import Identifiers
import RegistrationDevice
import World

/// A shop without a line: new handsets get IDs out of the batch in the carrier's module, and the network takes them when
/// the carrier has reconciled the batch (A5).
struct OfflineShop: DealersShop {
  let services = RegistrationWorld.services
  private let site: Site
  private let shelf: HandsetShelf
  private let terminal: OfflineTerminal

  /// A shop whose terminal has the carrier's module.
  init(_ site: Site, terminal: OfflineTerminal) throws {
    (self.site, self.terminal) = (site, terminal)
    shelf = try HandsetShelf(site)
  }

  func makeHandset() throws -> Handset { try shelf.make() }
  func line() -> any RegistrationLine { terminal }
  func keep(_ handset: Handset) throws { try shelf.keep(handset) }
  func attaches(_ handset: Handset) throws -> Bool { try site.takes(handset) }

  /// The handsets that were made before and have an ID.
  func sold() throws -> [Handset] { try shelf.sold() }

  func register(_ purpose: Purpose, _ handset: Handset, number: String?, applicant: any Applicant) throws
    -> PublicInformation
  {
    guard purpose == .new else { throw DeviceError.withoutLine }
    return try handset.registerOffline(over: terminal, applicant: applicant)
  }
}
