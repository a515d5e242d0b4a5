import ArgumentParser
import Foundation

/// What a person is told when something cannot be done: what is wrong and where, then what to do about it.
struct Complaint: Error, CustomStringConvertible {
  /// How the program ends, in the terms of sysexits(3).
  enum Kind: Int32 {
    /// The command line is wrong.
    case usage = 64
    /// The input's content is wrong.
    case data = 65
    /// The input is not there.
    case noInput = 66
    /// A peer, a reader or a service cannot be reached.
    case unavailable = 69
    /// Something failed that nobody foresaw: a defect of the program.
    case defect = 70
    /// Somebody else has it just now: the same command works later.
    case temporary = 75
    /// The other side refused.
    case refused = 76
    /// The file system, or who may read it, is in the way.
    case noPermission = 77
    /// The configuration is wrong.
    case configuration = 78
  }

  let kind: Kind
  let what: String
  let remedy: String?

  init(_ kind: Kind, _ what: String, remedy: String? = nil) {
    (self.kind, self.what, self.remedy) = (kind, what.printable(), remedy?.printable())
  }

  var description: String { remedy.map { "\(what)\n  → \($0)" } ?? what }

  /// Runs `body`; what it throws is told in a sentence on standard error and becomes the program's exit status.
  static func reporting<R>(_ body: () throws -> R) throws -> R {
    do { return try body() } catch { throw ended(error) }
  }

  /// Runs `body`; what it throws is told in a sentence on standard error and becomes the program's exit status.
  static func reporting<R>(_ body: () async throws -> R) async throws -> R {
    do { return try await body() } catch { throw ended(error) }
  }

  /// Runs `body`; where the value of `option` is at fault the sentence names it.
  static func naming<R>(_ option: String, _ body: () throws -> R) throws -> R {
    do { return try body() } catch let complaint as Complaint { throw complaint } catch {
      throw Complaint(.data, "\(option) is wrong: \(error)")
    }
  }

  /// Says something beside the output, on standard error.
  static func note(_ text: String) { FileHandle.standardError.write(Data("simurgh: \(text)\n".utf8)) }

  /// Tells `error` and gives the exit status that stands for it. Whoever asked for JSON gets it told there too.
  private static func ended(_ error: any Error) -> any Error {
    if error is ExitCode || error is CleanExit || error is ValidationError { return error }
    let complaint = Complaint(error)
    note("\(complaint)")
    if Output.isJSONWanted { complaint.printJSON() }
    return ExitCode(complaint.kind.rawValue)
  }

  /// What is printed in place of a result where JSON is wanted.
  private struct Item: Encodable {
    struct Problem: Encodable {
      let status: Int32
      let what: String
      let remedy: String?
    }

    let error: Problem
  }

  /// Prints the complaint as a JSON object.
  func printJSON() { try? Output.json(Item(error: .init(status: kind.rawValue, what: what, remedy: remedy))) }
}
