import APDU
import Identifiers
import SGP22
import Transport

/// Why a procedure of the LPA came to no good end.
public enum Problem: Error, Sendable, Equatable {
  /// The eUICC answered a command with another status word than 9000.
  case cardStatus(StatusWord)
  /// The eUICC's answer is no message of its function.
  case cardMalformed(String)
  /// The eUICC refuses the server.
  case serverNotTrusted(AuthenticateErrorCode)
  /// The eUICC refuses the download.
  case downloadNotPrepared(DownloadErrorCode)
  /// The eUICC did not install the profile.
  case notInstalled(BppCommandId, ErrorReason, simaResponse: [UInt8]?)
  /// The eUICC refused a function, with the function's name and its result.
  case functionFailed(String, String)
  /// The server refused, in the specification's codes.
  case refused(FQDN, Refusal)
  /// The server answered with another HTTP status than 200.
  case serverFailed(FQDN, status: Int)
  /// The server's answer is no message of its function.
  case serverMalformed(FQDN, String)
  /// The server names itself otherwise than it was called.
  case otherServer(FQDN, signed: String)
  /// The server's certificate bears another identifier than the activation code.
  case otherOID(FQDN)
  /// The server mixes up sessions.
  case otherTransaction(FQDN)
  /// The package is of another profile than the server offered; the session was cancelled.
  case otherMetadata(FQDN)
  /// The eUICC's table does not authorise the profile's policy rules; the session was cancelled.
  case policyNotAllowed
  /// The person did not consent; the session was cancelled.
  case cancelled(CancelSessionReason)
  /// No link.
  case link(LinkError)
  /// There is nowhere to download from.
  case noServer
  /// What was kept of a download under way cannot be read.
  case recordDamaged
  /// An answer of another kind than the step asked for.
  case outOfTurn
}

extension Problem {
  /// Whether the last step may have been done all the same: then a record of the download is worth taking up.
  var leavesOpen: Bool {
    switch self {
    case .link, .cardStatus, .cardMalformed, .serverFailed, .serverMalformed: true
    default: false
    }
  }
}

extension Problem: CustomStringConvertible {
  /// What is wrong, where, and what to do.
  public var description: String {
    switch self {
    case .cardStatus(let status):
      "The eUICC answered \(status). Reset it and try again; if it stays so, the card has no ISD-R or is broken."
    case .cardMalformed(let why): "The eUICC's answer cannot be read (\(why)). Reset the card and try again."
    case .serverNotTrusted(let code):
      "The eUICC does not trust the server (\(code)). Check that both belong to the same circle of certificates."
    case .downloadNotPrepared(let code): "The eUICC refuses the download (\(code)). Begin the download anew."
    case .notInstalled(let command, let reason, _):
      "The eUICC did not install the profile: \(reason) at \(command). Nothing was changed; tell the operator."
    case .functionFailed(let function, let result): "The eUICC refuses \(function): \(result)."
    case .refused(let address, let refusal):
      "\(address) refuses: \(refusal.meaning) (\(refusal.subjectCode)/"
        + "\(refusal.reasonCode)). \(refusal.advice)"
    case .serverFailed(let address, let status):
      "\(address) answered with HTTP status \(status). Check the address; if it is right, ask the server's operator."
    case .serverMalformed(let address, let why): "\(address)'s answer cannot be read (\(why)). Is it an SM-DP+?"
    case .otherServer(let address, let signed):
      "\(address) calls itself \(signed). Use the address that the server knows, or correct the server's configuration."
    case .otherOID(let address): "\(address) is not the server that the activation code names. Ask the operator."
    case .otherTransaction(let address): "\(address) answered for another session. Begin the download anew."
    case .otherMetadata(let address):
      "\(address) sent another profile than it had offered; nothing was installed. Tell the operator."
    case .policyNotAllowed:
      "The profile has policy rules that this eUICC does not allow its operator; nothing was installed."
    case .cancelled(let reason): "The download was given up (\(reason)); nothing was installed."
    case .link(let error): error.sentence
    case .noServer: "No server is given: use an activation code, or set the default SM-DP+ of the eUICC."
    case .recordDamaged: "What was kept of the last download cannot be read. Begin the download anew."
    case .outOfTurn: "A step was answered with something else; begin anew."
    }
  }
}
