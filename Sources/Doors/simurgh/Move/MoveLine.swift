import ArgumentParser
import Bytes
import CircleFiles
import Foundation
import Identifiers
import ProfileMove
import SGP22
import Transport
import TransportHTTP

/// Where an operator is asked about moves.
struct MoveOperator: ParsableArguments {
  @Option(
    name: .customLong("operator"),
    help: "Where the operator is asked about moves, HOST:PORT; the one of this directory if it is left out.")
  var host: String?

  /// The line to the operator over TLS, at `site`.
  func line(_ site: Site) throws -> MoveLine {
    guard let host else {
      guard let port = try OperatorConfiguration.read(site.operatorConfigurationFile).moves?.port else {
        throw Complaint(
          .configuration, "No operator is named.",
          remedy: "Say --operator HOST:PORT, or give operator.yaml a part \"moves\" (docs/profile-move.md).")
      }
      return MoveLine(host: "localhost:\(port)", link: try HTTPSClient(site.existingCircle().callers()))
    }
    guard FQDN(host) != nil else {
      throw Complaint(.data, "--operator \(host.printable()) is no host name.", remedy: "Write NAME:PORT.")
    }
    return MoveLine(host: host, link: try HTTPSClient(site.existingCircle().callers()))
  }
}

/// The functions that an operator offers about moves.
struct MoveLine {
  let host: String
  let link: any ServerLink

  /// Asks the operator; a refusal is a complaint.
  func ask<Function: ServerFunction>(_ function: Function.Type, _ request: Function.Request) throws -> Function.Response
  {
    let message = Message(
      host: host, path: Function.path,
      headers: ["Content-Type": "application/json", AdminProtocol.headerName: AdminProtocol.current.description],
      body: JSONBinding.encode(request))
    let reply = try link.exchange(message)
    guard reply.status == 200 else {
      throw Complaint(.unavailable, "\(host) answered with HTTP status \(reply.status).", remedy: "Is it an operator?")
    }
    let answer: Result<Function.Response, Refusal>
    do { answer = try JSONBinding.decodeAnswer(Function.Response.self, from: reply.body) } catch {
      throw Complaint(.unavailable, "The answer of \(host) cannot be read: \(error)")
    }
    switch answer {
    case .success(let response): return response
    case .failure(let refusal) where refusal == .providerFailed || refusal == .providerUnavailable:
      throw Complaint(.unavailable, "\(host) has trouble of its own just now.", remedy: "Try again later.")
    case .failure(let code):
      let refusal = Refusal.moves.first { $0 == code } ?? code
      throw Complaint(refusal == .moveUnknown ? .noInput : .refused, "\(refusal.meaning)", remedy: refusal.advice)
    }
  }

  /// Asks for a move. The same request again, also after a crash, is the same move: the word for it is kept in `site`.
  func start(
    _ iccid: ICCID, from oldEID: EID, to newEID: EID, isOldAtHand: Bool, at site: Site
  ) throws -> MoveStart.Response {
    let folder = "\(site.directory)/moves"
    let file = "\(folder)/\(iccid)-\(newEID).word"
    var word = FileManager.default.contents(atPath: file).map { Array($0) } ?? []
    let isKnown = word.count >= 32
    if !isKnown {
      word = Array(SystemRandomSource.shared.bytes(24).hex.utf8)
      try Folder.make(folder, isPrivate: true)
      try DurableFile.write(word, to: file, isSecret: true)
    }
    do {
      return try ask(
        MoveStart.self,
        .init(iccid: iccid, oldEID: oldEID, newEID: newEID, isOldAtHand: isOldAtHand, word: Secret(word)))
    } catch {
      // A word that no move is known by is worth nothing. One that may have been heard is kept.
      let isUnheard = (error as? LinkError).map { $0.kind != .broken } ?? ((error as? Complaint)?.kind == .refused)
      if isUnheard, !isKnown {
        unlink(file)
        rmdir(folder)
      }
      throw error
    }
  }
}

/// How a move stands, for people and scripts.
struct MoveReport: Encodable {
  let state, sentence: String
  let iccid: String?
  let isOver: Bool

  init(_ status: MoveStatus.Response) {
    (state, sentence, isOver) = (status.state, status.sentence, status.isOver)
    iccid = status.iccid?.digits
  }
}
