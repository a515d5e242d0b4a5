import Foundation

/// Reads files that a person names.
enum InputFile {
  /// The contents of `file`; what is in the way is said in a sentence.
  static func bytes(_ file: String) throws -> [UInt8] {
    do { return [UInt8](try Data(contentsOf: URL(fileURLWithPath: file))) } catch {
      var isFolder: ObjCBool = false
      guard FileManager.default.fileExists(atPath: file, isDirectory: &isFolder) else {
        throw Complaint(.noInput, "\(file) cannot be read: there is no such file.")
      }
      guard !isFolder.boolValue else { throw Complaint(.noInput, "\(file) cannot be read: it is a directory.") }
      throw Complaint(.noPermission, "\(file) cannot be read: \(error.localizedDescription)")
    }
  }

  /// The same as text.
  static func text(_ file: String) throws -> String {
    guard let text = String(validating: try bytes(file), as: UTF8.self) else {
      throw Complaint(.data, "\(file) is not UTF-8 text.", remedy: "Save it as UTF-8.")
    }
    return text
  }
}
