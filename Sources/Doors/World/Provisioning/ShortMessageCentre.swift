import Bytes
import Identifiers
import Keys
import SGP02
import SGP22
import Stations
import Transport
import UICC

/// A short message service centre that stores and forwards: each message is tried until it is acknowledged, or too often.
/// The radio loses, doubles, delays and so reorders messages and acknowledgements; the centre cannot read what it carries.
public final class ShortMessageCentre {
  static let name = "SMSC"
  static let host = "smsc.example"
  static let identifier = "smsc"

  /// What the radio is like.
  public var radio: Weather
  /// How often a message is tried.
  var tries = 5
  /// Messages that were tried, and the bytes of their TPDUs.
  public private(set) var traffic = (messages: 0, bytes: 0)
  private unowned let simulation: Simulation
  private let certificate: [UInt8]
  private let managers: [ProvisioningCircle.MeshMember]
  private var devices: [String: SimulatedDevice] = [:]
  private let random: SeededRandomSource

  /// A centre that delivers what comes from devices to the SM-SR whose number it is for.
  init(_ certificate: [UInt8], managers: [ProvisioningCircle.MeshMember], in simulation: Simulation) {
    (self.certificate, self.managers, self.simulation) = (certificate, managers, simulation)
    (radio, random) = (simulation.network.weather, simulation.random(for: Self.name))
    simulation.network.place(Self.host, name: Self.name) { [self] in try take($0) }
    simulation.whenCalm { [unowned self] in radio = .calm }
  }

  /// `device` is reached under `msisdn` from now on, and under no other.
  func attach(_ device: SimulatedDevice, as msisdn: String?) {
    for (number, other) in devices where other === device { devices[number] = nil }
    if let msisdn { devices[msisdn] = device }
  }

  private func take(_ message: Message) throws -> Reply {
    let (header, batch) = try JSONBinding.decode(ShortMessageService.Messages.self, from: message.body)
    let sender = managers.first { $0.name == header?.functionRequesterIdentifier }
    for tpdu in batch.tpdus {
      forward("SMS to \(batch.msisdn)", bytes: tpdu, tries) { [self] in
        guard let device = devices[batch.msisdn] else { return false }
        guard let report = try device.receive(tpdu) else { return false }
        if !report.isEmpty, let sender {
          deliver(.init(msisdn: batch.msisdn, tpdus: [], report: report), to: sender)
        }
        return true
      }
    }
    return HTTPRules.json(JSONBinding.encode(Result<NoFields, Refusal>.success(NoFields())))
  }

  /// A message of `device`'s, which the device tries as long.
  func submit(_ tpdu: [UInt8], from device: SimulatedDevice) {
    guard let msisdn = devices.first(where: { $0.value === device })?.key, let message = try? ShortMessage(tpdu),
      let manager = managers.first(where: { ShortMessageAddress($0.number) == message.address })
    else { return }
    forward("SMS from \(msisdn)", bytes: tpdu, tries) { [self] in
      guard devices[msisdn] === device else { return false }
      deliver(.init(msisdn: msisdn, tpdus: [tpdu]), to: manager)
      return true
    }
  }

  /// Tries once over the radio, and again where nothing is acknowledged.
  private func forward(_ name: String, bytes: [UInt8], _ left: Int, _ deliver: @escaping () throws -> Bool) {
    guard left > 0 else { return simulation.timeline.note("\(Self.name) gives up: \(name)") }
    traffic.messages += 1
    traffic.bytes += bytes.count
    let timeline = simulation.timeline
    timeline.after(.milliseconds(1 + timeline.roll(Int(radio.longestDelay / .milliseconds(1))))) { [self] in
      var isAcknowledged = false
      for _ in 0..<timeline.fate(of: name, in: radio) {
        if try deliver(), timeline.roll(1000) >= radio.lostPerMille { isAcknowledged = true }
      }
      guard !isAcknowledged else { return }
      timeline.after(.seconds(5)) { [self] in forward(name, bytes: bytes, left - 1, deliver) }
    }
  }

  /// Hands what came to the SM-SR, until it says that it has it.
  private func deliver(
    _ batch: ShortMessageService.Messages, to manager: ProvisioningCircle.MeshMember, left: Int = 20
  ) {
    let header = JSONBinding.RequestHeader(
      functionRequesterIdentifier: Self.identifier, functionCallIdentifier: random.bytes(8).hex)
    let message = Message(
      host: manager.host, path: ShortMessageService.Deliver.path,
      headers: [AdminProtocol.headerName: AdminProtocol.current.description],
      body: JSONBinding.encode(batch, header: header), peerCertificate: certificate)
    simulation.network.call(message, from: Self.name) { [self] result in
      if case .success(let reply) = result, reply.status == 200 { return }
      guard left > 0 else { return }
      simulation.timeline.after(.seconds(5)) { [self] in deliver(batch, to: manager, left: left - 1) }
    }
  }
}
