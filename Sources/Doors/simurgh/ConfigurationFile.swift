import CircleFiles
import Foundation
import Tables
import Yams

/// Reads a YAML file that a person wrote: what is wrong is told by its place, and a key that there is not is refused, so
/// that a word misspelt is not taken for one left out.
enum ConfigurationFile {
  /// The file that a person named; without it nobody would notice that the usual values are taken.
  static func named(_ file: String?) throws -> String? {
    guard let file else { return nil }
    guard FileManager.default.fileExists(atPath: file) else {
      throw Complaint(.noInput, "There is no configuration \(file).")
    }
    return file
  }

  /// The contents of `file`. `keys` are those of the file itself ("") and, by their names, those of the mappings in it and
  /// of the items of its lists; the page `explained` tells what they mean.
  static func read<Value: Decodable>(
    _ file: String, as type: Value.Type = Value.self, keys: [String: [String]], explained page: String
  ) throws -> Value {
    do {
      let text = try InputFile.text(file, limit: 1 << 20)
      // Read as nodes first, which tells an alias that stands for itself a thousand times.
      if try YAMLText.node(text) != nil, let top = try Yams.load(yaml: text) as? [String: Any] {
        for (list, known) in keys {
          let part = list.isEmpty ? top : top[list]
          for item in part as? [[String: Any]] ?? (part as? [String: Any]).map({ [$0] }) ?? [] {
            for key in item.keys.sorted() where !known.contains(key) {
              throw Unknown(list: list, key: key, known: known)
            }
          }
        }
      }
      return try YAMLDecoder().decode(Value.self, from: text)
    } catch let complaint as Complaint { throw complaint } catch let error as DecodingError {
      throw Complaint(.configuration, "\(file): \(sentence(error))", remedy: "See \(page) for its keys.")
    } catch { throw Complaint(.configuration, "\(file): \(error)", remedy: "See \(page) for its keys.") }
  }

  /// Writes `value` to `file`.
  static func write(_ value: some Encodable, to file: String) throws {
    try DurableFile.write(YAMLEncoder().encode(value), to: file, isSecret: false)
  }

  private struct Unknown: Error, CustomStringConvertible {
    let list, key: String
    let known: [String]

    var description: String {
      "\(list.isEmpty ? "" : "\(list): ")there is no key \"\(key)\"; there are \(known.sorted().joined(separator: ", "))"
    }
  }

  /// What is wrong and where, without the decoder's own words.
  private static func sentence(_ error: DecodingError) -> String {
    func place(_ context: DecodingError.Context) -> String {
      let path = context.codingPath.map { $0.intValue.map { "[\($0)]" } ?? $0.stringValue }.joined(separator: ".")
      return path.isEmpty ? "the file" : path
    }
    switch error {
    case .keyNotFound(let key, let context): return "\(place(context)): \"\(key.stringValue)\" is missing"
    case .typeMismatch(_, let context), .valueNotFound(_, let context):
      return "\(place(context)) has a value of the wrong kind"
    case .dataCorrupted(let context): return "\(place(context)): \(context.debugDescription)"
    @unknown default: return "\(error)"
    }
  }
}
