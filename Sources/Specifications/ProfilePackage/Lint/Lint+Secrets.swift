import Bytes
import UICC

/// PINs, unblocking codes and authentication parameters (§8.4, §8.5).
extension Lint {
  /// §8.5.1
  mutating func checkPINs() {
    var contexts: Set<[FileIdentifier]> = []
    for pins in profile.pins {
      let index = pins.element.index
      if !contexts.insert(pins.directory).inserted {
        say(.error, index, "PINs of \(ResolvedFile.describe(pins.directory)) were given before")
      }
      guard case .pinconfig(let list) = pins.codes else { continue }
      if !(1...26).contains(list.count) { say(.error, index, "\(list.count) PINs are not 1 to 26") }
      var seen: Set<Int> = []
      for pin in list { check(pin, of: pins, seen: &seen) }
    }
  }

  private mutating func check(_ pin: PINConfiguration, of pins: ResolvedPINs, seen: inout Set<Int>) {
    let index = pins.element.index
    let name = "PIN \(pin.reference.map(\.description) ?? "\(pin.keyReference)")"
    guard let reference = pin.reference, reference.isValid, reference != .universal else {
      return say(.error, index, "\(name): ETSI TS 102 221 has no such key reference")
    }
    if !seen.insert(pin.keyReference).inserted { say(.error, index, "\(name) is given twice") }
    // §8.5.1: in the context of the MF only global references shall be used, in an ADF or DF only local ones.
    if reference.isLocal == pins.directory.isEmpty {
      let kind = reference.isLocal ? "local" : "global"
      say(.error, index, "\(name) is \(kind), but belongs to \(ResolvedFile.describe(pins.directory))")
    }
    if pin.pinValue.bytes.count != 8 { say(.error, index, "\(name) has \(pin.pinValue.bytes.count) bytes, not 8") }
    if !reference.isAdministrative, !pin.pinValue.isDigits(4...8) {
      say(.error, index, "\(name) is not 4 to 8 digits filled with FF")
    }
    if let puk = pin.unblockingPINReference, !profile.puks.contains(where: { $0.keyReference == puk }) {
      say(.error, index, "\(name) is unblocked by PUK \(puk), which does not exist", .pinCodeMissing)
    }
    if pin.maximumAttempts == 0 || pin.remainingAttempts > pin.maximumAttempts {
      say(.error, index, "\(name) has \(pin.remainingAttempts) of \(pin.maximumAttempts) attempts")
    } else if pin.remainingAttempts == 0 {
      say(.warning, index, "\(name) is blocked from the beginning")
    }
    if let attributes = pin.pinAttributes, !(0...7).contains(attributes) {
      say(.warning, index, "\(name) has unknown attributes \(attributes)")
    }
  }

  /// §8.1.3: global PINs of a pinStatusTemplateDO are defined at the MF, local ones in the directory or above.
  mutating func checkPINStatus() {
    for file in profile.files where file.isDirectory {
      guard let status = file.parameters.pinStatus else { continue }
      let known = references(in: file.path)
      for entry in status.entries where !known.contains(entry.reference) {
        // Administrative keys are kept secret by whoever has them; a status may name one that others use.
        let severity: Finding.Severity = entry.reference.isAdministrative ? .note : .error
        say(severity, file, "its PIN status names \(entry.reference), which does not exist")
      }
      if status.entries.isEmpty { say(.warning, file, "its PIN status is empty") }
    }
  }

  /// §8.5.2
  mutating func checkPUKs() {
    for (index, element) in all(PE.PUKCodes.self) {
      var seen: Set<Int> = []
      if !(1...16).contains(element.pukCodes.count) {
        say(.error, index, "\(element.pukCodes.count) codes are not 1 to 16")
      }
      for puk in element.pukCodes {
        let name = "PUK \(puk.keyReference)"
        if !(1...8).contains(puk.keyReference), !(129...136).contains(puk.keyReference) {
          say(.error, index, "\(name): there is no such reference")
        }
        if !seen.insert(puk.keyReference).inserted { say(.error, index, "\(name) is given twice") }
        if !puk.pukValue.isDigits(8...8) { say(.error, index, "\(name) is not 8 digits") }
        if puk.maximumAttempts == 0 || puk.remainingAttempts > puk.maximumAttempts {
          say(.error, index, "\(name) has \(puk.remainingAttempts) of \(puk.maximumAttempts) attempts")
        }
      }
    }
  }

  // MARK: Authentication

  /// §8.4.2: sizes, and an algorithm for every USIM and ISIM.
  mutating func checkAuthentication() {
    for (index, element) in all(PE.AKAParameter.self) {
      if case .algoParameter(let parameter) = element.algoConfiguration { check(parameter, index) }
      let limits: [(String, [UInt8]?, Int)] = [
        ("sqnOptions", element.sqnOptions, 1), ("sqnDelta", element.sqnDelta, 6),
        ("sqnAgeLimit", element.sqnAgeLimit, 6),
      ]
      for (name, bytes, length) in limits {
        guard let bytes else { continue }
        if bytes.count != length { say(.error, index, "\(name) has \(bytes.count) bytes, not \(length)") }
        // §8.4.2: at most 07FFFFFFFFFF, as the index takes five of the 48 bits.
        if length == 6, bytes.count == 6, bytes[0] > 0x07 { say(.error, index, "\(name) exceeds 07FFFFFFFFFF") }
      }
      if let options = element.sqnOptions, options.count == 1, options[0] & ~0x02 != 0 {
        say(.warning, index, "sqnOptions \(options.hex) asks for more than protection against wrap around (02)")
      }
      if let numbers = element.sqnInit {
        if numbers.count != 32 { say(.error, index, "sqnInit has \(numbers.count) numbers, not 32") }
        if numbers.contains(where: { $0.bytes.count != 6 || $0.bytes[0] > 0x07 }) {
          say(.error, index, "a number of sqnInit is not 6 bytes up to 07FFFFFFFFFF")
        }
      }
    }
    var counts: [[FileIdentifier]: Int] = [:]
    for item in profile.authentications {
      counts[item.application, default: 0] += 1
      if counts[item.application] == 2 {
        say(.error, item.element.index, "the application has authentication parameters already")
      }
    }
    for application in applications("usim") + applications("isim") + applications("iot")
    where counts[application.path] == nil {
      say(.error, application, "it has no PE-AKAParameter and cannot authenticate itself")
    }
    for (index, element) in all(PE.CDMAParameter.self) {
      let limits: [(String, Secret?, ClosedRange<Int>)] = [
        ("authenticationKey", element.authenticationKey, 8...8), ("ssd", element.ssd, 16...16),
        ("hrpdAccessAuthenticationData", element.hrpdAccessAuthenticationData, 2...32),
        ("simpleIPAuthenticationData", element.simpleIPAuthenticationData, 3...483),
        ("mobileIPAuthenticationData", element.mobileIPAuthenticationData, 5...957),
      ]
      for (name, secret, range) in limits {
        guard let count = secret?.bytes.count, !range.contains(count) else { continue }
        say(.error, index, "\(name) has \(count) bytes")
      }
    }
  }

  private mutating func check(_ parameter: AlgoParameter, _ index: Int) {
    guard let algorithm = parameter.algorithm else {
      return say(.error, index, "algorithm \(parameter.algorithmID) is not known", .featureNotSupported)
    }
    let (key, opc) = (parameter.key.bytes.count, parameter.opc.bytes.count)
    switch algorithm {
    case .milenage:
      if key != 16 { say(.error, index, "K has \(key) bytes, Milenage wants 16") }
      if opc != 16 { say(.error, index, "OPc has \(opc) bytes, Milenage wants 16") }
    case .tuak:
      if ![16, 32].contains(key) { say(.error, index, "K has \(key) bytes, TUAK wants 16 or 32") }
      if opc != 32 { say(.error, index, "TOPc has \(opc) bytes, TUAK wants 32") }
    case .usimTestAlgorithm:
      if key != 16 { say(.error, index, "K has \(key) bytes, the test algorithm wants 16") }
      say(.note, index, "the test algorithm of TS 34.108 is for test networks only")
    }
    if parameter.algorithmOptions.count != 1 { say(.error, index, "algorithmOptions is not one byte") }
    if algorithm != .usimTestAlgorithm, let first = parameter.key.bytes.first,
      parameter.key.bytes.allSatisfy({ $0 == first })
    {
      say(.warning, index, "K consists of one repeated byte: no secret")
    }
    if let count = parameter.rotationConstants?.count, count != 5 {
      say(.error, index, "rotationConstants has \(count) bytes, not 5")
    }
    if let count = parameter.xoringConstants?.count, count != 80 {
      say(.error, index, "xoringConstants has \(count) bytes, not 80")
    }
    if let count = parameter.authCounterMax?.count, count != 3 {
      say(.error, index, "authCounterMax has \(count) bytes, not 3")
    }
    if let count = parameter.numberOfKeccak, !(1...255).contains(count) {
      say(.error, index, "numberOfKeccak is \(count), not 1 to 255")
    }
  }
}

extension Secret {
  /// Whether the 8 bytes are so many digits in ASCII, filled with FF.
  fileprivate func isDigits(_ range: ClosedRange<Int>) -> Bool {
    let digits = bytes.prefix { (0x30...0x39).contains($0) }
    return bytes.count == 8 && range.contains(digits.count) && bytes.dropFirst(digits.count).allSatisfy { $0 == 0xFF }
  }
}
