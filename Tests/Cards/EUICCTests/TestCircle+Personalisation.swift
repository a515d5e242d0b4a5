import EUICC
import Identifiers
import Keys
import SGP22
import TestSupport

extension TestCircle {
  static let address = "dp.example.com"

  func identity(_ eid: EID, key: PrivateKey) throws -> Personalisation.Identity {
    Personalisation.Identity(
      ciPKId: ciPKId, key: key, euiccCertificate: try issue(.euicc(eid), to: key).certificate,
      eumCertificate: eum.certificate)
  }

  func personalisation(seed: String = "card") throws -> Personalisation {
    let seed = Array(seed.utf8)
    let eid = try Personalisation.eid(prefix: "89049032", seed: seed)
    var personalisation = Personalisation(
      eid: eid, identities: [try identity(eid, key: Personalisation.key(seed: seed, curve: curve))],
      roots: [root.certificate], madeAt: Self.start, rootDsAddress: "ds.example.com")
    personalisation.defaultDpAddress = Self.address
    return personalisation
  }
}
