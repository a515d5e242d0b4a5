import APDU
import Bytes
import HandsetRegistration
import Keys
import RegistrationDevice
import SecureMessages
import TLV
import Transport

/// How a handset reads the ID when it gets power.
public enum ReadSequence: Hashable, Sendable, CaseIterable {
  /// Fig. 46: command 9; if that fails, the approvals in turn through 11, then 6 and 9.
  case readFirst
  /// Fig. 47: command 6 first, then 9.
  case registerFirst
  /// Table 4: the approval comes with command 9; which one fits is found by 11, or by the fixed pattern.
  case withoutRegistration
}

extension Handset {
  /// Power on: reads the ID, after which the card sleeps. A handset that cannot read one is not used and does not
  /// transmit.
  @discardableResult public func powerOn(_ sequence: ReadSequence = .readFirst) -> State {
    state = .unusable
    var isBuiltIn = false
    do {
      let module = try module()
      isBuiltIn = module.isBuiltIn
      let reading =
        switch sequence {
        case .readFirst: try readFirst(module)
        case .registerFirst: try registerFirst(module)
        case .withoutRegistration: try readWithApproval(module)
        }
      state = accept(reading)
      if transmits {
        isIDWritten = isIDWritten || isBuiltIn
        letModuleSleep()
      }
    } catch DeviceError.module(.idRead, .recordNotFound) {
      // An approved model, and no ID yet; where the flag says that there was one, the module is broken.
      state = isBuiltIn && isIDWritten ? .unusable : .unregistered
    } catch DeviceError.module(.idRead, .referencedDataNotFound) {
      // A module that knows no model yet is a new one; a card that knows others is not for this handset.
      let isForCards = (try? equipment.keys.approvals().isEmpty) != true
      state = (isBuiltIn && isIDWritten) || isForCards ? .unusable : .unregistered
    } catch {}
    return state
  }

  /// "Only when a match is found with one of them, it is decided that the correct personal information has been read out."
  private func accept(_ reading: IDReading) -> State {
    let information = reading.information
    guard equipment.patterns.contains(information.pattern) else { return .unusable }
    return .ready(information, unserved: information.services.filter { !equipment.services.contains($0) })
  }

  /// Fig. 46, steps a to f.
  private func readFirst(_ module: ModuleAccess) throws -> IDReading {
    let model = try equipment.keys.model()
    do {
      return try module.read(as: model, random: random)
    } catch DeviceError.module(.idRead, .referencedDataNotFound) {
      for approval in try equipment.keys.approvals() {
        guard try module.carrierKey(.approval, approval.encoded, by: equipment.authorities, clock) != nil else {
          continue
        }
        _ = try module.send(.modelKeyRegistration, approval.encoded)
        return try module.read(as: model, random: random)
      }
      throw DeviceError.module(.idRead, .referencedDataNotFound)
    }
  }

  /// Fig. 47: the approval that the card takes is written, which is skipped where the model is there already.
  private func registerFirst(_ module: ModuleAccess) throws -> IDReading {
    for approval in try equipment.keys.approvals() {
      do {
        _ = try module.send(.modelKeyRegistration, approval.encoded)
        break
      } catch DeviceError.module(.modelKeyRegistration, _) { continue }
    }
    return try module.read(as: equipment.keys.model(), random: random)
  }

  /// Table 4: "an ID readout operation should be repeated using respective signature data until an ID having a matching
  /// fixed pattern is read out."
  private func readWithApproval(_ module: ModuleAccess) throws -> IDReading {
    let model = try equipment.keys.model()
    for approval in try equipment.keys.approvals() {
      do {
        let reading = try module.read(as: model, with: approval, random: random)
        if equipment.patterns.contains(reading.information.pattern) { return reading }
      } catch DeviceError.module(.idRead, let status) where status != .recordNotFound { continue }
    }
    throw DeviceError.foreignNetwork
  }

  /// Answers the network's challenge with the keys of the ID: DB with RES, CK and IK, or DC with AUTS, as a USIM does.
  public func authenticate(rand: [UInt8], autn: [UInt8]) throws -> [UInt8] {
    guard transmits else { throw DeviceError.notReady }
    let data = [UInt8(clamping: rand.count)] + rand + [UInt8(clamping: autn.count)] + autn
    return try module().send(.compute, p1: Computation.authenticate.rawValue, data)
  }
}
