/// The SM-DP+s that an operator orders from, each with the name it has here and the profile types it is for.
public struct ES2PlusServers {
  /// One SM-DP+.
  public struct Server {
    let name: String
    let client: ES2PlusClient
    let profileTypes: Set<String>?

    /// The SM-DP+ called `name`, for `profileTypes`; nil stands for all that no other SM-DP+ is for.
    public init(_ name: String, _ client: ES2PlusClient, profileTypes: Set<String>? = nil) {
      (self.name, self.client, self.profileTypes) = (name, client, profileTypes)
    }
  }

  private let servers: [Server]

  /// All of them.
  public init(_ servers: [Server]) { self.servers = servers }

  /// The SM-DP+ that a new order of `profileType` goes to; nil where there is none for it.
  func name(for profileType: String) -> String? {
    let named = servers.first { $0.profileTypes?.contains(profileType) == true }
    return (named ?? servers.first { $0.profileTypes == nil })?.name
  }

  /// The client for the SM-DP+ where `order` is. An order stays where it was placed, whatever new ones do; one from
  /// before there were several is where a new one would be.
  func client(of order: Order) throws(Unnamed) -> ES2PlusClient {
    let name = order.server ?? self.name(for: order.profileType)
    guard let server = servers.first(where: { $0.name == name }) else { throw Unnamed(name: name ?? "") }
    return server.client
  }

  /// The order's SM-DP+ is named no more.
  struct Unnamed: Error, CustomStringConvertible {
    let name: String
    var description: String { "the order is at the SM-DP+ \"\(name)\", which is named no more: name it again" }
  }
}
