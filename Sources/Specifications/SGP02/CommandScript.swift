import APDU
import TLV

/// The commands in a packet for a security domain, and their answers, in the expanded format (ETSI TS 102 226 §5.2.1):
/// `AA { 22 command … }` and `AB { 80 how many were carried out, 23 answer … }`.
public enum CommandScript {
  /// Commands in one script.
  public static let commandLimit = 16

  /// The script of `commands`.
  public static func encode(_ commands: [Command]) -> [UInt8] {
    var writer = TLVWriter()
    writer.write(0xAA) { writer in for command in commands { writer.write(0x22, bytes: command.bytes) } }
    return writer.bytes
  }

  /// The commands in the script that `bytes` are.
  public static func commands(_ bytes: [UInt8]) throws(TLVError) -> [Command] {
    let script = try TLVElement(bytes)
    guard script.tag == 0xAA else { throw .missing(wanted: 0xAA, found: script.tag) }
    let elements = try script.children()
    guard (1...commandLimit).contains(elements.count) else { throw .invalid(script.tag, "1 to 16 commands are wanted") }
    var commands: [Command] = []
    for element in elements {
      guard element.tag == 0x22, let command = try? Command(bytes: element.content) else {
        throw .invalid(element.tag, "a command is wanted")
      }
      commands.append(command)
    }
    return commands
  }

  /// The answers to the commands that were carried out; the last one may be a refusal.
  public static func encode(_ answers: [Response]) -> [UInt8] {
    var writer = TLVWriter()
    writer.write(0xAB) { writer in
      writer.write(0x80, bytes: [UInt8(clamping: answers.count)])
      for answer in answers { writer.write(0x23, bytes: answer.bytes) }
    }
    return writer.bytes
  }

  /// The answers in `bytes`.
  public static func answers(_ bytes: [UInt8]) throws(TLVError) -> [Response] {
    let script = try TLVElement(bytes)
    guard script.tag == 0xAB else { throw .missing(wanted: 0xAB, found: script.tag) }
    var reader = try script.reader()
    let count: [UInt8] = try reader.read(0x80)
    var answers: [Response] = []
    while !reader.isAtEnd {
      guard let answer = Response(bytes: try reader.element(0x23).content) else { throw .truncated }
      answers.append(answer)
    }
    guard count.count == 1, count.first == UInt8(clamping: answers.count) else {
      throw .invalid(0x80, "the count of answers is another one")
    }
    return answers
  }
}
