import APDU
import Identifiers
import SGP22
import TLV
import Transport

/// The eUICC's ISD-R on a logical channel of its own: ES10 functions by STORE DATA (SGP.22 §5.7.2).
public final class ISDR {
  /// SGP.22 §5.7.1.
  public static let aid = AID(literal: "A0000005591010FFFFFFFF8900000100")

  private let channel: TerminalChannel
  private let blockSize: Int

  /// Opens a channel and selects the ISD-R; data go out in blocks of at most `blockSize` bytes, 1 to 255.
  public init(_ link: any CardLink, blockSize: Int = 255) throws(Problem) {
    do {
      let basic = TerminalChannel(link)
      // ETSI TS 102 221 §11.1.19: tells the eUICC that the device has an LPA (tag 83, LUId, LPDd, LDSd).
      _ = try basic.send(
        Command(cla: 0x80, ins: 0xAA, p1: 0, p2: 0, data: [0xA9, 0x03, 0x83, 0x01, 0x07]))
      let (opened, answer) = try basic.open(selecting: Self.aid.bytes)
      guard answer.status.isSuccess else { throw Problem.cardStatus(answer.status) }
      (channel, self.blockSize) = (opened, min(max(blockSize, 1), 255))
    } catch let problem as Problem { throw problem } catch let error as LinkError { throw .link(error) } catch {
      throw .cardMalformed("\(error)")
    }
  }

  /// Closes the channel.
  public func close() { channel.close() }

  /// Sends a data object and gives back what the ISD-R answers.
  public func storeData(_ object: [UInt8]) throws(Problem) -> [UInt8] {
    var rest = object[...]
    var number: UInt8 = 0
    while true {
      let block = Array(rest.prefix(blockSize))
      rest = rest.dropFirst(blockSize)
      // §5.7.2: P1 is 11 for 'more blocks' and 91 for the last; P2 counts the blocks from 00.
      let command = Command(cla: 0x80, ins: 0xE2, p1: rest.isEmpty ? 0x91 : 0x11, p2: number, data: block)
      let response: Response
      do { response = try channel.send(command) } catch { throw .link(error) }
      guard response.status.isSuccess else { throw .cardStatus(response.status) }
      if rest.isEmpty { return response.data }
      guard number < .max else { throw .cardMalformed("the data object is too long for STORE DATA") }
      number += 1
    }
  }

  /// Calls a function of the eUICC.
  public func call<Function: CardFunction>(
    _ function: Function.Type, _ request: Function.Request
  ) throws(Problem) -> Function.Response {
    try Answer.card(storeData(request.encoded)).card(function)
  }
}
