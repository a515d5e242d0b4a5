import Bytes
import UICC

/// What an element says besides its files.
struct Facts {
  let isRevealing: Bool

  func list(_ element: any ProfileElement) -> [InspectedFact] {
    let facts: [(String, String?)]
    switch element {
    case let element as ProfileHeader: facts = header(element)
    case let element as any FileSystemElement: facts = [("template", "\(element.templateID)")]
    case let element as PE.PINCodes: facts = pins(element)
    case let element as PE.PUKCodes: facts = element.pukCodes.map(puk)
    case let element as PE.AKAParameter: facts = authentication(element)
    case let element as PE.CDMAParameter:
      facts = [("authentication key", secret(element.authenticationKey)), ("SSD", element.ssd.map(secret))]
    case let element as PE.SecurityDomain: facts = domain(element)
    case let element as PE.RFM: facts = fileManager(element)
    case let element as PE.Application: facts = application(element)
    case let element as PE.NonStandard:
      facts = [("issuer", "\(element.issuerID)"), ("content", element.content.hex)]
    case let element as UnknownElement: facts = [("content", element.content.hex)]
    default: facts = []
    }
    return facts.compactMap { name, value in value.map { InspectedFact(name: name, value: $0) } }
  }

  private func secret(_ secret: Secret) -> String { isRevealing ? secret.bytes.hex : secret.description }

  /// Digits, where the value consists of them.
  private func code(_ secret: Secret) -> String {
    let digits = secret.bytes.prefix { (0x30...0x39).contains($0) }
    guard isRevealing, !digits.isEmpty, secret.bytes.dropFirst(digits.count).allSatisfy({ $0 == 0xFF }) else {
      return self.secret(secret)
    }
    return String(decoding: digits, as: UTF8.self)
  }

  private func header(_ header: ProfileHeader) -> [(String, String?)] {
    [
      ("version", "\(header.majorVersion).\(header.minorVersion)"), ("profile type", header.profileType),
      ("ICCID", header.iccid?.description ?? header.iccidBytes.hex), ("POL1", header.pol?.hex),
      ("mandatory services", header.mandatoryServices.services.map(\.name).joined(separator: ", ")),
      ("mandatory templates", header.mandatoryTemplates.map(\.description).joined(separator: ", ")),
      ("connectivity parameters", header.connectivityParameters?.hex),
      ("mandatory AIDs", header.mandatoryAIDs?.map { "\($0.aid)" }.joined(separator: ", ")),
      ("PIX", header.iotOptions?.pix.hex),
    ]
  }

  private func pins(_ element: PE.PINCodes) -> [(String, String?)] {
    if case .filePath(let path) = element.pinCodes { return [("shared with", path.hex)] }
    return element.pins.map { pin in
      let kind = pin.reference?.isAdministrative == true ? "ADM" : "PIN"
      var parts = [code(pin.pinValue), pin.isEnabled ? "enabled" : "disabled"]
      if !pin.isChangeable { parts.append("cannot be changed") }
      if pin.isEnabled, !pin.isDisablable { parts.append("cannot be disabled") }
      if let puk = pin.unblockingPINReference { parts.append("unblocked by PUK \([UInt8(clamping: puk)].hex)") }
      parts.append("\(pin.remainingAttempts) of \(pin.maximumAttempts) attempts")
      return ("\(kind) \(pin.reference?.description ?? "\(pin.keyReference)")", parts.joined(separator: ", "))
    }
  }

  private func puk(_ puk: PUKConfiguration) -> (String, String?) {
    (
      "PUK \(puk.reference?.description ?? "\(puk.keyReference)")",
      "\(code(puk.pukValue)), \(puk.remainingAttempts) of \(puk.maximumAttempts) attempts"
    )
  }

  private func authentication(_ element: PE.AKAParameter) -> [(String, String?)] {
    var facts: [(String, String?)]
    switch element.algoConfiguration {
    case .mappingParameter(let mapping):
      facts = [("shared with", "\(mapping.mappingSource), options \(mapping.mappingOptions.hex)")]
    case .algoParameter(let parameter):
      facts = [
        ("algorithm", parameter.algorithm.map { "\($0)" } ?? "\(parameter.algorithmID)"),
        ("options", parameter.algorithmOptions.hex), ("K", secret(parameter.key)),
        (parameter.algorithm == .tuak ? "TOPc" : "OPc", secret(parameter.opc)),
        ("rotation constants", parameter.rotationConstants?.hex), ("XOR constants", parameter.xoringConstants?.hex),
        ("authentications at most", parameter.authCounterMax?.hex),
        ("Keccak iterations", parameter.numberOfKeccak.map { "\($0)" }),
      ]
    }
    facts += [
      ("SQN options", element.sqnOptions?.hex), ("SQN delta", element.sqnDelta?.hex),
      ("SQN age limit", element.sqnAgeLimit?.hex),
      ("first SQN", element.sqnInit.map { $0.map(\.bytes.hex).joined(separator: " ") }),
    ]
    return facts
  }

  private func domain(_ element: PE.SecurityDomain) -> [(String, String?)] {
    let keys = (element.keyList ?? []).map { key -> (String, String?) in
      let parts = key.keyComponents.map { component in
        let types: [[UInt8]: String] = [[0x80]: "DES", [0x82]: "triple DES", [0x88]: "AES"]
        let type = types[component.keyType] ?? "type \(component.keyType.hex)"
        return "\(type) \(component.keyData.bytes.count * 8), \(secret(component.keyData))"
      }
      return (
        "key \(key.keyVersionNumber.hex)/\(key.keyIdentifier.hex)",
        "\(parts.joined(separator: "; ")), usage \(key.keyUsageQualifier.hex)"
      )
    }
    return instance(element.instance) + keys
      + (element.sdPersoData ?? []).map { ("personalisation", $0.bytes.hex) }
  }

  private func instance(_ instance: ApplicationInstance) -> [(String, String?)] {
    [
      ("instance", "\(instance.instanceAID)"), ("class", "\(instance.classAID)"),
      ("package", "\(instance.applicationLoadPackageAID)"),
      ("domain", instance.extraditeSecurityDomainAID.map { "\($0)" }),
      ("privileges", instance.applicationPrivileges.hex),
      ("life cycle", (instance.lifeCycleState ?? [0x07]).hex),
      ("parameters", instance.applicationSpecificParametersC9.hex),
      ("toolkit parameters", instance.applicationParameters?.toolkit?.hex),
    ]
  }

  private func fileManager(_ element: PE.RFM) -> [(String, String?)] {
    [
      ("instance", "\(element.instanceAID)"), ("domain", element.securityDomainAID.map { "\($0)" }),
      ("TAR", element.tarList?.map(\.bytes.hex).joined(separator: ", ")),
      ("minimum security level", element.minimumSecurityLevel.hex),
      ("UICC access", "\(element.uiccAccessDomain.hex), administrative \(element.uiccAdminAccessDomain.hex)"),
      (
        "ADF access",
        element.adfRFMAccess.map {
          "\($0.adfAID): \($0.adfAccessDomain.hex), administrative \($0.adfAdminAccessDomain.hex)"
        }
      ),
    ]
  }

  private func application(_ element: PE.Application) -> [(String, String?)] {
    var facts: [(String, String?)] = []
    if let code = element.loadBlock {
      facts.append(("code", "\(code.loadPackageAID), \(code.loadBlockObject.count) bytes"))
    }
    for item in element.instanceList ?? [] { facts += instance(item) }
    return facts
  }
}
