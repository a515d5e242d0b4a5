import APDU
import Identifiers

/// The commands of the identity module by their numbers in Tables 1 to 4; number 2 is not given.
///
/// Each is a proprietary command (CLA 8X) with its own instruction byte.
public enum ModuleCommand: Int, Sendable, CaseIterable {
  case supervisorMode = 1
  case signatureDataWrite = 3
  case carrierKeyWrite = 4
  case signatureDataRead = 5
  case modelKeyRegistration = 6
  case modelKeyErase = 7
  case idWrite = 8
  case idRead = 9
  case challenge = 10
  case carrierKeyRead = 11
  case compute = 12

  /// The instruction byte: 40 and twice the number, all even, none that ISO/IEC 7816-4 keeps for itself.
  public var instruction: UInt8 { 0x40 + 2 * UInt8(rawValue) }

  /// The command with its parameters and data; answers come whole through GET RESPONSE.
  public func command(p1: UInt8 = 0, p2: UInt8 = 0, data: [UInt8] = []) -> Command {
    Command(cla: 0x80, ins: instruction, p1: p1, p2: p2, data: data)
  }
}

/// P1 of command 10: which slot the number goes to.
public enum ChallengeSlot: UInt8, Sendable {
  /// RDM, for carriers: commands 7, 8 and 11.
  case carrier = 0
  /// For devices that prove possession of a model key: command 9.
  case possession = 1
}

/// P2 of command 11: what proves that the caller may have the carrier's key.
public enum CarrierKeyProof: UInt8, Sendable {
  /// The carrier's answer to RDM.
  case answer = 0
  /// An approval of the caller's model, off line (Fig. 46).
  case approval = 1
}

/// P2 of command 8: who signed the ID.
public enum WriteVariant: UInt8, Sendable {
  /// A carrier whose key the module has.
  case carrier = 0
  /// The key of a batch, which comes with the command, certified by such a carrier (A5 off line).
  case batch = 1
}

/// P2 of command 9: how the model key is known to the module.
public enum ReadVariant: UInt8, Sendable {
  /// It is registered (Tables 1 to 3).
  case registered = 0
  /// Its approval comes with the command (Table 4).
  case approvalIncluded = 1
}

/// P1 of command 12.
public enum Computation: UInt8, Sendable {
  /// Answers the network's challenge with the keys of the ID (TS 33.102 §6.3.3); after a command 9.
  case authenticate = 0
  /// Signs that this module is here, in answer to a carrier's challenge.
  case presence = 1
  /// Proves ID_A by its authentication key, in a terminal's module; after a command 9.
  case terminalProof = 2
}

extension AID {
  /// The identity module: an identifier of our own (ISO/IEC 7816-4 §8.2.1.2, category F: not registered).
  public static let identityModule = AID(literal: "F053494D555247480A")
}
