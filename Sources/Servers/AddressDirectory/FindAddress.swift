import AddressLookup
import Bytes
import Identifiers
import SGP22
import SecureMessages
import Stations
import Store
import TLV

extension Desk {
  /// Says where the server is, signed and for a time. Everybody may ask: who follows the answer needs a certificate.
  public func findAddress(
    _ request: FindAddress.Request, given: Given, in reader: any Reader
  ) throws -> Decision<FindAddress.Response> {
    guard let statement = try answer(found(request, given: given, in: reader), given: given) else {
      throw StoreError.unexpected("a server without a name")
    }
    return Decision(
      .success(FindAddress.Response(statement: statement, certificate: certificate.encoded)),
      correlation: request.eid.digits, changes: [])
  }

  /// What is said of an entry, signed.
  func answer(_ entry: AddressTable.Entry, given: Given) throws -> Signed<AddressStatement>? {
    guard let server = OID(entry.server) else { return nil }
    // A number that no other statement has: 62 bits of chance.
    let serial = given.random.bytes(8).reduce(0) { $0 << 8 | Int($1) & 0xFF } & Int.max >> 1
    let term = Term(
      serial: serial, notBefore: given.now, notAfter: min(given.now + settings.answerLifetime, entry.expiry))
    return try Signed(
      AddressStatement(eid: entry.eid, service: entry.service, server: server, host: entry.host), by: signer,
      term: term)
  }

  private func found(
    _ request: FindAddress.Request, given: Given, in reader: any Reader
  ) throws -> AddressTable.Entry {
    if let service = request.service {
      guard let entry = try AddressTable.entry(service, of: request.eid, at: given.now, in: reader) else {
        throw Refusal.addressUnknown.because("\(request.eid): no \(service)")
      }
      return entry
    }
    let providers = try AddressTable.entries(of: request.eid, at: given.now, in: reader).filter {
      $0.service != .manager
    }
    guard let first = providers.first else { throw Refusal.addressUnknown.because("\(request.eid): no provider") }
    // The lookup needs the EID, and the operator where several have a provider.
    guard providers.count == 1 else {
      throw Refusal.providersSeveral.because("\(request.eid): \(providers.count) providers")
    }
    return first
  }
}
