import Keys
import SecureElement

extension AKAParameters {
  /// The functions f1 to f5* with these parameters in them.
  func makeAlgorithm() throws(KeyError) -> any AuthenticationAlgorithm {
    switch algorithm {
    case .milenage:
      guard let constants = Milenage.Constants(rotations: rotations, xoring: constants) else {
        throw KeyError("Milenage's constants are malformed")
      }
      return try Milenage(k: key, opc: opc, constants: constants)
    case .tuak:
      guard let sizes = TUAK.Sizes(mac: macLength, res: resLength, ck: ckLength, ik: ikLength) else {
        throw KeyError("TUAK's sizes are malformed")
      }
      return try TUAK(k: key, topc: opc, sizes: sizes, iterations: keccakIterations)
    case .test: return try TestAlgorithm(k: key, resLength: min(resLength, 16))
    }
  }

  // `algorithmOptions`: b3 to b1 length of RES, b4 of CK, b5 of IK, b7 and b6 of MAC. Milenage's are fixed.

  private var resLength: Int { [4, 8, 16, 32][Int(options & 0x03)] }
  private var ckLength: Int { options & 0x08 == 0 ? 16 : 32 }
  private var ikLength: Int { options & 0x10 == 0 ? 16 : 32 }
  private var macLength: Int { [8, 16, 32, 0][Int(options >> 5 & 0x03)] }
}
