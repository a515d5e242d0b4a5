import APDU
import Bytes
import Keys

extension SCP03 {
  /// The side off the card: it opens the session and sends commands.
  public struct Host: Sendable {
    private let keys: Keys
    private let challenge: [UInt8]
    private var session: Session?
    /// The card's own account of itself, once it answered.
    public private(set) var card: InitializeUpdateResponse?

    /// A host with the card's keys and a fresh challenge of 8 bytes, or of 16 for a card in S16 mode.
    public init(keys: Keys, challenge: [UInt8]) { (self.keys, self.challenge) = (keys, challenge) }

    /// INITIALIZE UPDATE (§7.1.1) with the host's `challenge`, for the key set `keyVersion`; 0 takes the card's first. The
    /// answer tells which keys a host needs.
    public static func initializeUpdate(challenge: [UInt8], keyVersion: UInt8 = 0) -> Command {
      Command(cla: 0x80, ins: Instruction.initializeUpdate, p1: keyVersion, p2: 0, data: challenge, le: 256)
    }

    /// EXTERNAL AUTHENTICATE (§7.1.2) at `level`, in answer to the card's `response` data; refused where the card does
    /// not prove its keys.
    public mutating func externalAuthenticate(
      _ response: [UInt8], level: SecurityLevel
    ) throws(SCP03Error) -> Command {
      let card = try InitializeUpdateResponse(bytes: response)
      guard card.options.macLength == challenge.count else { throw .malformed }
      guard level.isAllowed(with: card.options) else { throw .levelRefused }
      var session: Session
      do {
        session = try Session(
          keys: keys, options: card.options, hostChallenge: challenge, cardChallenge: card.challenge)
      } catch { throw .cipher(error) }
      guard equalInConstantTime(session.cardCryptogram, card.cryptogram) else { throw .wrongCryptogram }
      var command = Command(cla: 0x84, ins: Instruction.externalAuthenticate, p1: level.rawValue, p2: 0)
      command.data = session.hostCryptogram
      command.data += try session.commandMAC(command, data: command.data)
      session.level = level
      (self.session, self.card) = (session, card)
      return command
    }

    /// The command as it goes over the line. At level 00 it stays as it is.
    public mutating func wrap(_ command: Command) throws(SCP03Error) -> Command {
      guard var session else { throw .unusable }
      guard session.level.contains(.commandMAC) else { return command }
      session.nextCommand()
      var wrapped = command
      wrapped.cla = command.cla & 0x40 == 0 ? command.cla | 0x04 : command.cla | 0x20
      // §6.2.6: no encryption where there are no data; the command counts all the same.
      if session.level.contains(.commandEncryption), !command.data.isEmpty {
        wrapped.data = try session.encrypt(command.data, isAnswer: false)
      }
      wrapped.data += try session.commandMAC(wrapped, data: wrapped.data)
      self.session = session
      return wrapped
    }

    /// The answer to the last command, verified and decrypted; a refusal ends the session.
    public mutating func unwrap(_ response: Response) throws(SCP03Error) -> Response {
      guard let session else { throw .unusable }
      guard session.level.contains(.responseMAC) else { return response }
      // The card's toolkit puts 91xx in place of 9000 behind the secure channel's back (ETSI TS 102 221 §7.4.2).
      let status = response.status.rawValue >> 8 == 0x91 ? .ok : response.status
      self.session = nil
      guard SCP03.isProtected(status) else {
        // §6.2.5: an error has no R-MAC, and no data.
        guard response.data.isEmpty else { throw .wrongMAC }
        self.session = session
        return response
      }
      guard response.data.count >= session.options.macLength else { throw .wrongMAC }
      var data = Array(response.data.dropLast(session.options.macLength))
      let mac = try session.responseMAC(data, status)
      guard equalInConstantTime(mac, response.data.suffix(session.options.macLength)) else { throw .wrongMAC }
      if session.level.contains(.responseEncryption), !data.isEmpty {
        data = try session.decrypt(data, isAnswer: true)
      }
      self.session = session
      return Response(data, response.status)
    }
  }
}
