import APDU
import Bytes
import Keys

extension SCP03 {
  /// The card's side: from INITIALIZE UPDATE on. After the first refusal it refuses everything.
  public struct Card: Sendable {
    private enum State: Sendable {
      case challenged, open, ended
    }

    private var session: Session
    private var state = State.challenged
    /// The keys of the session.
    public let keys: Keys
    /// What the card answers to INITIALIZE UPDATE.
    public let response: InitializeUpdateResponse

    /// Where the card's challenge comes from.
    public enum Challenge: Sendable {
      /// The next value of the sequence counter, 3 bytes, and the AID of the application that is addressed.
      case pseudoRandom(sequenceCounter: [UInt8], aid: [UInt8])
      /// Bytes nobody can predict: 8, or 16 in S16 mode.
      case random([UInt8])
    }

    /// INITIALIZE UPDATE (§7.1.1) with the host's challenge, under the key set `keyVersion`.
    public init(
      keys: Keys, keyVersion: UInt8, diversificationData: [UInt8], hostChallenge: [UInt8], challenge: Challenge,
      options: Options = [.responseMAC, .responseEncryption]
    ) throws(SCP03Error) {
      var options = options
      let own: [UInt8]
      var counter: [UInt8] = []
      switch challenge {
      case .random(let bytes):
        options.remove(.pseudoRandomChallenge)
        own = bytes
      case .pseudoRandom(let sequenceCounter, let aid):
        options.insert(.pseudoRandomChallenge)
        counter = sequenceCounter
        do {
          own = try SCP03.challenge(
            sequenceCounter: sequenceCounter, aid: aid, keys: keys, length: options.macLength)
        } catch { throw .cipher(error) }
      }
      guard hostChallenge.count == options.macLength, own.count == options.macLength,
        diversificationData.count == 10
      else { throw .malformed }
      do {
        session = try Session(keys: keys, options: options, hostChallenge: hostChallenge, cardChallenge: own)
      } catch { throw .cipher(error) }
      self.keys = keys
      response = InitializeUpdateResponse(
        diversificationData: diversificationData, keyVersion: keyVersion, options: options, challenge: own,
        cryptogram: session.cardCryptogram, sequenceCounter: counter)
    }

    /// The level that the host has proved itself for; nil while it has not.
    public var level: SecurityLevel? { state == .open ? session.level : nil }

    /// EXTERNAL AUTHENTICATE (§7.1.2): verifies the C-MAC, then the host's cryptogram.
    public mutating func externalAuthenticate(_ command: Command) throws(SCP03Error) {
      guard state == .challenged else { throw .unusable }
      state = .ended
      let (level, size) = (SecurityLevel(rawValue: command.p1), session.options.macLength)
      guard level.isAllowed(with: session.options) else { throw .levelRefused }
      guard command.data.count == 2 * size, command.p2 == 0 else { throw .malformed }
      let cryptogram = Array(command.data.prefix(size))
      let mac = try session.commandMAC(command, data: cryptogram)
      guard equalInConstantTime(mac, command.data.suffix(size)) else { throw .wrongMAC }
      guard equalInConstantTime(cryptogram, session.hostCryptogram) else { throw .wrongCryptogram }
      session.level = level
      state = .open
    }

    /// What a command of the session says; its C-MAC is verified before anything is decrypted. Refused where the
    /// session wants a C-MAC and the command has none.
    public mutating func unwrap(_ command: Command) throws(SCP03Error) -> Command {
      guard state == .open else { throw .unusable }
      guard session.level.contains(.commandMAC) else { return command }
      state = .ended
      let size = session.options.macLength
      guard command.isSecured, command.data.count >= size else { throw .wrongMAC }
      session.nextCommand()
      var plain = command
      plain.cla = command.cla & 0x40 == 0 ? command.cla & ~0x0C : command.cla & ~0x20
      plain.data = Array(command.data.dropLast(size))
      let mac = try session.commandMAC(command, data: plain.data)
      guard equalInConstantTime(mac, command.data.suffix(size)) else { throw .wrongMAC }
      if session.level.contains(.commandEncryption), !plain.data.isEmpty {
        plain.data = try session.decrypt(plain.data, isAnswer: false)
      }
      state = .open
      return plain
    }

    /// The answer as it goes over the line.
    public func wrap(_ response: Response) throws(SCP03Error) -> Response {
      guard state == .open else { throw .unusable }
      guard session.level.contains(.responseMAC), SCP03.isProtected(response.status) else { return response }
      // §6.2.7: no encryption where there are no data.
      var data = response.data
      if session.level.contains(.responseEncryption), !data.isEmpty {
        data = try session.encrypt(data, isAnswer: true)
      }
      return Response(data + (try session.responseMAC(data, response.status)), response.status)
    }
  }
}
