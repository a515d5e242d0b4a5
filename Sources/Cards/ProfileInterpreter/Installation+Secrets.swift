import Bytes
import Keys
import ProfilePackage
import SecureElement
import UICC

/// PINs, unblocking codes and authentication parameters.
extension Installation {
  // MARK: PINs

  /// §8.5.1: PINs of the directory created last, or another directory's.
  mutating func install(_ item: ResolvedPINs) throws(Complaint) {
    let directory = try directory(item.directory)
    switch item.codes {
    case .filePath(let bytes):
      guard let path = FileIdentifier.path(bytes) else { throw Complaint(.badValues, "the path is malformed") }
      let source = try self.directory(path)
      guard source != directory else { throw Complaint(.badValues, "a directory shares PINs with itself") }
      builder.sharePINs(of: source, with: directory)
    case .pinconfig(let list):
      for pin in list { builder.setPIN(try record(pin), in: directory) }
      try reserve(list.count * 32)
    }
  }

  private func record(_ pin: PINConfiguration) throws(Complaint) -> PINRecord {
    guard let reference = pin.reference, reference.isValid else {
      throw Complaint(.badValues, "there is no PIN \(pin.keyReference)")
    }
    let unblocking = pin.unblockingPINReference
    if let unblocking, !unblockingReferences.contains(unblocking) {
      throw Complaint(.pinCodeMissing, "PIN \(reference) is unblocked by PUK \(unblocking), which does not exist")
    }
    let (most, left) = try Self.attempts(pin.maximumAttempts, pin.remainingAttempts)
    return PINRecord(
      reference, value: try Self.code(pin.pinValue),
      unblockingReference: unblocking.flatMap { UInt8(exactly: $0) }.map(PINReference.init(rawValue:)),
      isEnabled: pin.isEnabled, isChangeable: pin.isChangeable, isDisablable: pin.isDisablable, maximumTries: most,
      remainingTries: left)
  }

  /// §8.5.2: the unblocking codes of all PINs.
  mutating func install(_ element: PE.PUKCodes) throws(Complaint) {
    let mf = try directory([])
    for puk in element.pukCodes {
      guard let reference = puk.reference, reference.isValid, !reference.isAdministrative else {
        throw Complaint(.badValues, "there is no PUK \(puk.keyReference)")
      }
      let (most, left) = try Self.attempts(puk.maximumAttempts, puk.remainingAttempts)
      builder.setPUK(
        PUKRecord(reference, value: try Self.code(puk.pukValue), maximumTries: most, remainingTries: left), in: mf)
    }
    try reserve(element.pukCodes.count * 32)
  }

  private static func code(_ value: Secret) throws(Complaint) -> [UInt8] {
    guard value.bytes.count == 8 else { throw Complaint(.badValues, "a code has \(value.bytes.count) bytes, not 8") }
    return value.bytes
  }

  private static func attempts(_ most: Int, _ left: Int) throws(Complaint) -> (most: UInt8, left: UInt8) {
    guard (1...15).contains(most), (0...most).contains(left) else {
      throw Complaint(.badValues, "\(left) of \(most) attempts")
    }
    return (UInt8(most), UInt8(left))
  }

  // MARK: Authentication

  /// §8.4.2: how the application created last authenticates itself.
  mutating func install(_ item: ResolvedAuthentication) throws(Complaint) {
    let application = try directory(item.application)
    guard algorithms[application] == nil else {
      throw Complaint(.badValues, "the application has authentication parameters already")
    }
    switch item.parameter.algoConfiguration {
    case .mappingParameter(let mapping):
      guard let named = applications[mapping.mappingSource] else {
        throw Complaint(.badValues, "the application \(mapping.mappingSource) does not exist")
      }
      let source = authenticationSources[named] ?? named
      guard let algorithm = algorithms[source] else {
        throw Complaint(.badValues, "the application \(mapping.mappingSource) has no authentication parameters")
      }
      builder.shareAuthentication(of: source, with: application)
      authenticationSources[application] = source
      algorithms[application] = algorithm
    case .algoParameter(let parameter):
      let record = try record(parameter, item.parameter)
      builder.setAuthentication(record, of: application)
      algorithms[application] = record.algorithm
      try reserve(record.encoded.count)
    }
  }

  private func record(_ parameter: AlgoParameter, _ element: PE.AKAParameter) throws(Complaint) -> AKAParameters {
    guard let algorithm = AKAParameters.Algorithm(rawValue: parameter.algorithmID) else {
      throw Complaint(.featureNotSupported, "the algorithm \(parameter.algorithmID) is not supported")
    }
    guard parameter.algorithmOptions.count == 1 else { throw Complaint(.badValues, "algorithmOptions is not one byte") }
    var record = AKAParameters(
      algorithm: algorithm, options: parameter.algorithmOptions[0], key: parameter.key.bytes, opc: parameter.opc.bytes)
    if let rotations = parameter.rotationConstants { record.rotations = rotations }
    if let constants = parameter.xoringConstants { record.constants = constants }
    if let count = parameter.numberOfKeccak { record.keccakIterations = count }
    if let bytes = parameter.authCounterMax {
      guard bytes.count == 3, let maximum = UInt32(bigEndian: [0] + bytes) else {
        throw Complaint(.badValues, "authCounterMax is not 3 bytes")
      }
      record.maximumAuthentications = Int(maximum)
    }
    try Self.check(record)
    try setSequenceNumbers(of: &record, element)
    return record
  }

  /// Sizes that the algorithm could not work with.
  private static func check(_ record: AKAParameters) throws(Complaint) {
    let (key, opc) = (record.key, record.opc)
    do throws(KeyError) {
      switch record.algorithm {
      case .milenage:
        guard let constants = Milenage.Constants(rotations: record.rotations, xoring: record.constants) else {
          throw KeyError("Milenage's constants are 5 rotations below 128 and 80 bytes")
        }
        _ = try Milenage(k: key, opc: opc, constants: constants)
      case .tuak:
        // `algorithmOptions`: b7 and b6 tell the length of MAC; 11 stands for none.
        guard record.options & 0x60 != 0x60 else { throw KeyError("TUAK's MAC has no such length") }
        _ = try TUAK(k: key, topc: opc, iterations: record.keccakIterations)
      case .test: _ = try TestAlgorithm(k: key)
      }
    } catch {
      throw Complaint(.badValues, "\(error)")
    }
  }

  /// §8.4.2: Δ, L and 32 first sequence numbers, none above 07FFFFFFFFFF as the index takes 5 of 48 bits.
  private func setSequenceNumbers(
    of record: inout AKAParameters, _ element: PE.AKAParameter
  ) throws(Complaint) {
    func number(_ bytes: [UInt8], _ name: String) throws(Complaint) -> UInt64 {
      guard bytes.count == 6, bytes[0] <= 0x07, let value = UInt64(bigEndian: [0, 0] + bytes) else {
        throw Complaint(.badValues, "\(name) is not 6 bytes up to 07FFFFFFFFFF")
      }
      return value
    }
    if let options = element.sqnOptions {
      guard options.count == 1 else { throw Complaint(.badValues, "sqnOptions is not one byte") }
      // An option that the card does not know must not be passed over: the network counts on its check.
      guard record.algorithm == .test || options[0] & ~AKAParameters.wrapAroundProtection == 0 else {
        throw Complaint(.featureNotSupported, "sqnOptions \(options.hex) asks for a check that is not supported")
      }
      record.sqnOptions = options[0]
    }
    if let bytes = element.sqnDelta { record.sqnDelta = try number(bytes, "sqnDelta") }
    if let bytes = element.sqnAgeLimit { record.sqnAgeLimit = try number(bytes, "sqnAgeLimit") }
    guard let list = element.sqnInit else { return }
    guard list.count == 32 else { throw Complaint(.badValues, "sqnInit has \(list.count) numbers, not 32") }
    for item in list { record.initialSequenceNumbers.append(try number(item.bytes, "a number of sqnInit")) }
  }
}
