import Identifiers
import TLV
import UICC

/// The files of one file system and how they hang together: fixed from creation on and shared by all cards that have
/// the same.
public final class FileTree: Sendable {
  /// The files; the first is the MF.
  let nodes: [FileNode]
  private let children: [UInt32: FileNumber]
  private let shortIdentifiers: [UInt32: FileNumber]
  /// The ADFs in the order of their creation.
  public let applications: [FileNumber]

  init(_ nodes: [FileNode]) {
    self.nodes = nodes
    var (children, shortIdentifiers): ([UInt32: FileNumber], [UInt32: FileNumber]) = ([:], [:])
    for (index, node) in nodes.enumerated().dropFirst() {
      let parent = UInt32(node.parent.rawValue) << 16
      if node.aid == nil { children[parent | UInt32(node.identifier.rawValue)] = FileNumber(index) }
      if let number = node.shortFileIdentifier { shortIdentifiers[parent | UInt32(number)] = FileNumber(index) }
    }
    (self.children, self.shortIdentifiers) = (children, shortIdentifiers)
    applications = nodes.indices.filter { nodes[$0].aid != nil }.map(FileNumber.init)
  }

  /// Reads what ``encoded`` writes.
  convenience init(encoded: [UInt8]) throws(TLVError) {
    var reader = TLVReader(encoded)
    var nodes: [FileNode] = []
    while !reader.isAtEnd { nodes.append(try reader.read()) }
    let count = nodes.count
    guard count > 0,
      nodes.allSatisfy({ node in
        [node.parent, node.link, node.pinSource, node.authenticationSource].allSatisfy { ($0?.index ?? 0) < count }
      })
    else {
      throw .invalid(.sequence, "the file system is malformed")
    }
    self.init(nodes)
  }

  /// The structure in bytes.
  var encoded: [UInt8] {
    var writer = TLVWriter(capacity: nodes.count * 48)
    for node in nodes { writer.write(node) }
    return writer.bytes
  }

  /// The file with this number, which is one of this tree's.
  public subscript(file: FileNumber) -> FileNode { nodes[file.index] }

  /// The file whose body `file` has: itself, or what it links to.
  func body(of file: FileNumber) -> FileNumber { self[file].link ?? file }

  /// The file `identifier` immediately in `directory`; files of a linked directory are its target's.
  public func child(_ identifier: FileIdentifier, of directory: FileNumber) -> FileNumber? {
    children[UInt32(body(of: directory).rawValue) << 16 | UInt32(identifier.rawValue)]
  }

  /// The EF with the short identifier `number` in `directory`.
  func file(shortIdentifier number: UInt8, in directory: FileNumber) -> FileNumber? {
    shortIdentifiers[UInt32(body(of: directory).rawValue) << 16 | UInt32(number)]
  }

  /// The files immediately in `directory`, in the order of their creation.
  public func children(of directory: FileNumber) -> [FileNumber] {
    let owner = body(of: directory)
    return nodes.indices.dropFirst().filter { nodes[$0].parent == owner }.map(FileNumber.init)
  }

  /// The directories from `file` (itself, if it is one) up to the MF.
  func directories(from file: FileNumber) -> [FileNumber] {
    var result: [FileNumber] = []
    var current = file
    while result.count < 16 {
      if self[current].isDirectory { result.append(current) }
      if current == .mf { break }
      current = self[current].parent
    }
    return result
  }

  /// The ADF that `file` is or stands in.
  func application(of file: FileNumber) -> FileNumber? { directories(from: file).first { self[$0].aid != nil } }

  /// The ADF whose identifier is `aid`.
  public func application(_ aid: AID) -> FileNumber? { applications.first { self[$0].aid == aid } }
}
