import APDU
import Bytes
import UICC

/// VERIFY, CHANGE, DISABLE, ENABLE and UNBLOCK PIN (ETSI TS 102 221 §11.1.9 to §11.1.13).
extension CardSession {
  static func verifyPIN(_ session: CardSession, _ exchange: Exchange) throws(StatusWordError) -> Response {
    guard exchange.command.p1 == 0 else { throw StatusWordError(.wrongP1P2) }
    var subject = try PINSubject(exchange)
    guard !exchange.command.data.isEmpty else { return try subject.query() }
    guard subject.pin.isEnabled else { throw StatusWordError(.referencedDataInvalidated) }
    try subject.present(exchange.command.data)
    try subject.finish(isVerified: true)
    return Response()
  }

  static func changePIN(_ session: CardSession, _ exchange: Exchange) throws(StatusWordError) -> Response {
    let data = exchange.command.data
    guard exchange.command.p1 == 0 else { throw StatusWordError(.wrongP1P2) }
    guard data.count == 16 else { throw StatusWordError(.wrongLength) }
    var subject = try PINSubject(exchange)
    guard subject.pin.isEnabled else { throw StatusWordError(.referencedDataInvalidated) }
    guard subject.pin.isChangeable else { throw StatusWordError(.conditionsOfUse) }
    try subject.present(Array(data.prefix(8)))
    subject.pin.value = Secret(Array(data.suffix(8)))
    try subject.finish(isVerified: true)
    return Response()
  }

  static func disablePIN(_ session: CardSession, _ exchange: Exchange) throws(StatusWordError) -> Response {
    let p1 = exchange.command.p1
    // §11.1.11: P1 = 00, or 1xxxxxxx: the PIN with reference xxxxxxx stands in for the disabled one.
    guard p1 == 0 || p1 & 0x7F == PINReference.universal.rawValue else { throw StatusWordError(.wrongP1P2) }
    var subject = try PINSubject(exchange)
    guard subject.pin.isEnabled else { throw StatusWordError(.referencedDataInvalidated) }
    guard subject.pin.isDisablable, p1 == 0 || subject.pin.reference != .universal else {
      throw StatusWordError(.conditionsOfUse)
    }
    try subject.present(exchange.command.data)
    subject.pin.isEnabled = false
    subject.pin.isReplacedByUniversal = p1 != 0
    try subject.finish(isVerified: false)
    return Response()
  }

  static func enablePIN(_ session: CardSession, _ exchange: Exchange) throws(StatusWordError) -> Response {
    guard exchange.command.p1 == 0 else { throw StatusWordError(.wrongP1P2) }
    var subject = try PINSubject(exchange)
    guard !subject.pin.isEnabled, subject.pin.isDisablable else { throw StatusWordError(.conditionsOfUse) }
    try subject.present(exchange.command.data)
    subject.pin.isEnabled = true
    subject.pin.isReplacedByUniversal = false
    try subject.finish(isVerified: true)
    return Response()
  }

  static func unblockPIN(_ session: CardSession, _ exchange: Exchange) throws(StatusWordError) -> Response {
    let data = exchange.command.data
    guard exchange.command.p1 == 0 else { throw StatusWordError(.wrongP1P2) }
    var subject = try PINSubject(exchange)
    guard let reference = subject.pin.unblockingReference,
      let (found, owner) = subject.files.puk(reference, of: subject.owner)
    else { throw StatusWordError(.referencedDataNotFound) }
    var puk = found
    if data.isEmpty { throw StatusWordError(.verificationFailed(tries: Int(puk.remainingTries))) }
    guard data.count == 16 else { throw StatusWordError(.wrongLength) }
    guard puk.remainingTries > 0 else { throw StatusWordError(.blocked) }
    puk.remainingTries -= 1
    subject.files.setPUK(puk, of: owner)
    try exchange.memory.commit()
    guard equalInConstantTime(data.prefix(8), puk.value.bytes) else {
      throw StatusWordError(.verificationFailed(tries: Int(puk.remainingTries)))
    }
    puk.remainingTries = puk.maximumTries
    subject.files.setPUK(puk, of: owner)
    subject.pin.value = Secret(Array(data.suffix(8)))
    // §11.1.13: after success the PIN is unblocked, and enabled if it was disabled.
    subject.pin.isEnabled = true
    subject.pin.isReplacedByUniversal = false
    try subject.finish(isVerified: true)
    return Response()
  }
}

/// The PIN that a command is about.
private struct PINSubject {
  let exchange: Exchange
  let files: FileSystem
  let owner: FileNumber
  var pin: PINRecord

  /// The PIN that P2 names, seen from the current directory.
  init(_ exchange: Exchange) throws(StatusWordError) {
    let reference = PINReference(rawValue: exchange.command.p2)
    guard reference.isValid else { throw StatusWordError(.wrongP1P2) }
    guard exchange.channel.place == .files, let files = exchange.fileSystem,
      let owner = files.owner(of: reference, from: exchange.channel.directory),
      let pin = files.pin(reference, of: owner)
    else { throw StatusWordError(.referencedDataNotFound) }
    (self.exchange, self.files, self.owner, self.pin) = (exchange, files, owner, pin)
  }

  /// §11.1.9: without data, the number of tries left is answered.
  func query() throws(StatusWordError) -> Response {
    throw StatusWordError(.verificationFailed(tries: Int(pin.remainingTries)))
  }

  /// Compares `value` with the PIN: 63Cx where it differs, 6983 where no try is left.
  ///
  /// The try is spent, durably, before the comparison: a power cut cannot win it back.
  mutating func present(_ value: [UInt8]) throws(StatusWordError) {
    guard value.count == 8 else { throw StatusWordError(.wrongLength) }
    guard pin.remainingTries > 0 else { throw StatusWordError(.blocked) }
    pin.remainingTries -= 1
    files.setPIN(pin, of: owner)
    try exchange.memory.commit()
    guard equalInConstantTime(value, pin.value.bytes) else {
      exchange.session.security.setVerified(pin.reference, of: owner, false)
      throw StatusWordError(.verificationFailed(tries: Int(pin.remainingTries)))
    }
  }

  /// Gives the tries back, stores the PIN and notes whether it counts as verified.
  mutating func finish(isVerified: Bool) throws(StatusWordError) {
    pin.remainingTries = pin.maximumTries
    files.setPIN(pin, of: owner)
    try exchange.memory.commit()
    exchange.session.security.setVerified(pin.reference, of: owner, isVerified)
  }
}
