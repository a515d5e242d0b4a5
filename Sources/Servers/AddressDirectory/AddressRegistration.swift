import AddressLookup
import Identifiers
import MutualAuthentication
import SGP22
import Stations
import Store

extension Desk {
  /// A server registers itself: under a name of its certificate, for a service of its role, where nobody is registered, or
  /// who is has handed over.
  public func registerAddress(
    _ request: RegisterAddress.Request, from caller: ServerCaller, given: Given, in reader: any Reader
  ) throws -> Decision<NoFields> {
    guard let host = FQDN(request.host) else { throw Refusal.formatInvalid.because("\"host\" is no host name") }
    guard caller.hostNames.contains(host.name) else {
      throw Refusal.addressForeign.because("\(caller.identifier) is not \(host)")
    }
    try checkService(request.service, of: caller)
    let standing = try AddressTable.entry(request.service, of: request.eid, at: given.now, in: reader)
    if let standing, standing.server != caller.identifier, standing.successor != caller.identifier {
      throw Refusal.addressTaken.because("\(caller.identifier) for \(request.eid), which is \(standing.server)'s")
    }
    let all = try AddressTable.entries(of: request.eid, at: given.now, in: reader)
    guard standing != nil || all.count <= settings.providersPerEUICC else {
      throw Refusal.providerUnavailable.because("\(all.count) servers are registered for \(request.eid) already")
    }
    let entry = AddressTable.Entry(
      eid: request.eid, service: request.service, server: caller.identifier, host: host.description, successor: nil,
      expiry: given.now + settings.entryLifetime, version: 0)
    return decision(
      standing.map { .replaced(entry, over: $0.version) } ?? .registered(entry), entry,
      "\(standing.map { "\($0.server) → " } ?? "")\(caller.identifier) at \(host)", given)
  }

  /// Who is registered names who may take its place; until that one registers, nothing changes for those who ask.
  public func handOverAddress(
    _ request: HandOverAddress.Request, from caller: ServerCaller, given: Given, in reader: any Reader
  ) throws -> Decision<NoFields> {
    var entry = try own(request.service, of: request.eid, caller, given: given, in: reader)
    entry.successor = request.successor.description
    return decision(
      .replaced(entry, over: entry.version), entry, "\(entry.server) hands over to \(request.successor)", given)
  }

  /// Who is registered is there no more.
  public func withdrawAddress(
    _ request: WithdrawAddress.Request, from caller: ServerCaller, given: Given, in reader: any Reader
  ) throws -> Decision<NoFields> {
    let entry = try own(request.service, of: request.eid, caller, given: given, in: reader)
    return decision(.withdrawn(entry), entry, "\(entry.server) is gone", given)
  }

  /// The entry, which must be the caller's: another's is as unknown as one that does not exist.
  private func own(
    _ service: AddressedService, of eid: EID, _ caller: ServerCaller, given: Given, in reader: any Reader
  ) throws -> AddressTable.Entry {
    guard let entry = try AddressTable.entry(service, of: eid, at: given.now, in: reader),
      entry.server == caller.identifier
    else { throw Refusal.addressUnknown.because("\(caller.identifier) is not the \(service) of \(eid)") }
    return entry
  }

  private func checkService(_ service: AddressedService, of caller: ServerCaller) throws(Denial) {
    let isAllowed =
      switch service {
      case .manager: caller.role == .srTLS
      case .provider(let plmn): caller.role == .dpTLS && settings.providers[plmn]?.contains(caller.oid) == true
      }
    guard isAllowed else { throw Refusal.addressForeign.because("\(caller.identifier) as \(service)") }
  }

  private func decision(
    _ change: AddressTable.Change, _ entry: AddressTable.Entry, _ text: String, _ given: Given
  ) -> Decision<NoFields> {
    Decision(
      .success(NoFields()), correlation: entry.eid.digits,
      changes: [
        change,
        Event(
          at: given.now, party: Self.party, kind: .changed, name: "\(entry.service)", correlation: entry.eid.digits,
          body: .text(text)),
      ])
  }
}
