import CardIssuer
import Charging
import OfflineCard
import Transport
import TransportHTTP

/// A charging centre of a site, put together: desks, routes and listeners.
struct ChargingParty {
  let configuration: ChargingConfiguration
  let payment: PaymentSite

  /// The listeners with their handlers.
  func listeners(sink: (any EventSink)?) throws -> [TransportHTTP.Listener] {
    let circle = try payment.site.existingCircle()
    return try configuration.listeners.map { listener in
      var limits = Listener.Limits()
      limits.body = Charging.Route.bodyLimit
      let handler = try handler(listener.serves)
      return Listener(
        host: listener.host, port: listener.port,
        identity: try TLSIdentity(listener.certificate, in: circle, for: listener.name, on: listener.host),
        limits: limits, handler: sink.map { recording(handler, peer: listener.name, sink: $0) } ?? handler)
    }
  }

  /// A listener serves what it is told to: the rest is not there. Keys for new terminals need the issuer's master key,
  /// which so may stand on another machine.
  private func handler(_ interfaces: [ChargingConfiguration.Listener.Interface]) throws -> MessageHandler {
    let usage = try interfaces.contains(.usage) ? Charging.Route(payment.centre(), now: { .now() }) : nil
    let keys = try interfaces.contains(.installation) ? CardIssuer.Route(payment.issuer(), now: { .now() }) : nil
    return { message in
      if message.path == CardIssuer.Route.installationPath {
        return keys?.respond(to: message) ?? Reply(status: 404)
      }
      return await usage?.respond(to: message) ?? Reply(status: 404)
    }
  }
}
