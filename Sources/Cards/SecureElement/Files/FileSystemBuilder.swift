import Identifiers
import UICC

/// Makes a file system: directories, files, contents, PINs and authentication parameters, in the order of a profile
/// package.
///
/// Nothing reaches a card before ``build()``'s image is written, as a whole.
public struct FileSystemBuilder: Sendable {
  private var nodes: [FileNode] = []
  private var contents: [FileNumber: [UInt8]] = [:]
  private var items: [UInt32: [UInt8]] = [:]
  private var links: [(file: FileNumber, path: [FileIdentifier])] = []

  /// An empty file system.
  public init() {}

  // MARK: Files

  /// Creates the MF, first of all; its identifier is 3F00 whatever the parameters say.
  @discardableResult public mutating func createMF(_ parameters: FileControlParameters) throws(FileSystemError)
    -> FileNumber
  {
    guard nodes.isEmpty else { throw .masterFile }
    var parameters = parameters
    parameters.fileIdentifier = .mf
    parameters.dfName = nil
    nodes.append(FileNode(parameters: Self.directory(parameters), parent: .mf))
    return .mf
  }

  /// Creates an ADF; its file identifier, if there is one, names it in paths (a package's temporary identifier).
  @discardableResult public mutating func createADF(_ parameters: FileControlParameters) throws(FileSystemError)
    -> FileNumber
  {
    guard !nodes.isEmpty else { throw .masterFile }
    let name = parameters.fileIdentifier ?? .currentADF
    guard let aid = parameters.dfName else { throw .parameters(name, "an ADF has an application identifier") }
    guard !nodes.contains(where: { $0.aid == aid }) else { throw .duplicateApplication("\(aid)") }
    if let temporary = parameters.fileIdentifier, find([temporary]) != nil { throw .duplicate(temporary) }
    return try append(Self.directory(parameters), in: .mf)
  }

  /// Creates a DF in the directory `parent`.
  @discardableResult public mutating func createDF(
    _ parameters: FileControlParameters, in parent: FileNumber
  ) throws(FileSystemError) -> FileNumber {
    try checkNew(parameters.fileIdentifier, in: parent)
    var parameters = parameters
    parameters.dfName = nil
    let file = try append(Self.directory(parameters), in: parent)
    if let path = parameters.linkPath, !path.isEmpty { links.append((file, path)) }
    return file
  }

  /// Creates an EF in the directory `parent`: the descriptor (82) and the size (80), or a link path (C7), are needed.
  ///
  /// Where the parameters have no tag 88, the identifier's low five bits become the short identifier (ETSI TS 102 222
  /// §6.3.2.2.1), unless another file of the directory has it.
  @discardableResult public mutating func createEF(
    _ parameters: FileControlParameters, in parent: FileNumber
  ) throws(FileSystemError) -> FileNumber {
    try checkNew(parameters.fileIdentifier, in: parent)
    var parameters = parameters
    let name = parameters.fileIdentifier ?? 0xFFFF
    let isLink = !(parameters.linkPath ?? []).isEmpty
    if !isLink { parameters = try Self.completed(parameters, name) }
    let derived = UInt8(truncatingIfNeeded: name.rawValue & 0x1F)
    if parameters.shortFileIdentifier == nil {
      let isFree = !nodes.contains { $0.parent == parent && $0.shortFileIdentifier == derived }
      parameters.shortFileIdentifier =
        (1...30).contains(derived) && isFree ? .number(derived) : ShortFileIdentifier.none
    }
    parameters.lifeCycle = parameters.lifeCycle ?? .activated
    let file = try append(parameters, in: parent)
    if isLink, let path = parameters.linkPath { links.append((file, path)) }
    return file
  }

  /// The file at `path` from the MF; 3F00 at its beginning may stand or not, ADFs go by their temporary identifiers.
  public func find(_ path: [FileIdentifier]) -> FileNumber? {
    var current: FileNumber? = nodes.isEmpty ? nil : .mf
    for step in path.first == .mf ? path.dropFirst() : path[...] {
      guard let directory = current else { return nil }
      let owner = nodes[directory.index].link ?? directory
      current =
        nodes.indices.dropFirst().first { nodes[$0].parent == owner && nodes[$0].identifier == step }
        .map(FileNumber.init)
    }
    return current
  }

  /// The file at `path`, or a complaint.
  public func file(at path: [FileIdentifier]) throws(FileSystemError) -> FileNumber {
    guard let file = find(path) else { throw .notFound(path) }
    return file
  }

  /// The parameters `file` was created with, completed.
  public func parameters(of file: FileNumber) -> FileControlParameters { nodes[file.index].parameters }

  /// Puts `bytes` into the body of an EF, from `offset` on; records lie one behind the other, a BER-TLV file's objects
  /// likewise.
  public mutating func write(_ bytes: [UInt8], at offset: Int = 0, in file: FileNumber) throws(FileSystemError) {
    let node = nodes[file.index]
    guard !node.isDirectory, node.structure != .unknown else { throw .wrongKind(node.identifier) }
    let limit = node.structure == .berTLV ? node.parameters.proprietary.maximumFileSize ?? node.size : node.size
    guard offset >= 0, offset + bytes.count <= max(limit, node.size) else { throw .tooLong(node.identifier) }
    var content = contents[file] ?? node.initialContent
    if content.count < offset + bytes.count {
      content += [UInt8](repeating: 0xFF, count: offset + bytes.count - content.count)
    }
    content.replaceSubrange(offset..<offset + bytes.count, with: bytes)
    contents[file] = content
  }

  // MARK: Secrets

  /// Gives the directory a PIN.
  public mutating func setPIN(_ pin: PINRecord, in directory: FileNumber) {
    items[FileSystemItem.pin(directory, pin.reference).number] = pin.encoded
  }

  /// Gives the directory an unblocking code.
  public mutating func setPUK(_ puk: PUKRecord, in directory: FileNumber) {
    items[FileSystemItem.puk(directory, puk.reference).number] = puk.encoded
  }

  /// Lets `directory` use the local PINs of `other`.
  public mutating func sharePINs(of other: FileNumber, with directory: FileNumber) {
    nodes[directory.index].pinSource = other
  }

  /// Gives an ADF its authentication parameters.
  public mutating func setAuthentication(_ parameters: AKAParameters, of application: FileNumber) {
    items[FileSystemItem.authentication(application).number] = parameters.encoded
  }

  /// Lets the ADF `application` authenticate itself with the parameters and sequence numbers of `other`.
  public mutating func shareAuthentication(of other: FileNumber, with application: FileNumber) {
    nodes[application.index].authenticationSource = other
  }

  /// Keeps `bytes` with the file system under a number of the maker's choice (up to 2^24 − 1): security domains'
  /// keys, say.
  public mutating func attach(_ bytes: [UInt8], as number: UInt32) {
    items[FileSystemItem.attachment(number).number] = bytes
  }

  // MARK: The end

  /// The finished file system.
  public consuming func build() throws(FileSystemError) -> FileSystemImage {
    guard !nodes.isEmpty else { throw .masterFile }
    for (file, path) in links {
      let target = try self.file(at: path)
      guard nodes[target.index].isDirectory == nodes[file.index].isDirectory, target != file,
        nodes[target.index].link == nil
      else { throw .wrongKind(nodes[file.index].identifier) }
      nodes[file.index].link = target
      nodes[file.index].parameters.descriptor = nodes[target.index].parameters.descriptor
      nodes[file.index].parameters.fileSize = nodes[target.index].parameters.fileSize
      nodes[file.index].parameters.proprietary = nodes[target.index].parameters.proprietary
    }
    var items = items
    items[FileSystemItem.tree.number] = FileTree(nodes).encoded
    for (file, content) in contents where content != nodes[file.index].initialContent {
      items[FileSystemItem.content(file).number] = content
    }
    return FileSystemImage(items: items)
  }

  // MARK: Checks

  /// The most files of a file system.
  private static let mostFiles = 4096
  /// Bytes that offsets and record numbers reach.
  private static let largestFile = 0xFFFF
  /// The most bytes of a BER-TLV file.
  private static let largestBERTLVFile = 0x7_FFFF

  private func checkNew(_ identifier: FileIdentifier?, in parent: FileNumber) throws(FileSystemError) {
    guard parent.index < nodes.count else { throw .masterFile }
    guard let identifier else { throw .parameters(0xFFFF, "the file identifier is missing") }
    guard nodes[parent.index].isDirectory else { throw .wrongKind(nodes[parent.index].identifier) }
    guard !nodes.contains(where: { $0.parent == parent && $0.identifier == identifier && $0.aid == nil }),
      identifier != .mf, identifier != .currentADF, identifier != 0xFFFF
    else { throw .duplicate(identifier) }
  }

  private mutating func append(_ parameters: FileControlParameters, in parent: FileNumber) throws(FileSystemError)
    -> FileNumber
  {
    guard nodes.count < Self.mostFiles else { throw .tooManyFiles }
    nodes.append(FileNode(parameters: parameters, parent: parent))
    return FileNumber(nodes.count - 1)
  }

  private static func directory(_ parameters: FileControlParameters) -> FileControlParameters {
    var parameters = parameters
    parameters.descriptor = FileDescriptor(.directory)
    parameters.lifeCycle = parameters.lifeCycle ?? .activated
    return parameters
  }

  /// Checks structure and size of an EF and makes them agree.
  private static func completed(_ parameters: FileControlParameters, _ name: FileIdentifier) throws(FileSystemError)
    -> FileControlParameters
  {
    var parameters = parameters
    guard let descriptor = parameters.descriptor, descriptor.structure != .unknown,
      descriptor.structure != .directory
    else { throw .parameters(name, "the file descriptor (82) of an EF is missing") }
    let recorded = (descriptor.recordLength ?? 0) * (descriptor.recordCount ?? 0)
    let maximum = descriptor.structure == .berTLV ? parameters.proprietary.maximumFileSize : nil
    guard let size = parameters.fileSize ?? maximum ?? (recorded > 0 ? recorded : nil) else {
      throw .parameters(name, "the file size (80) is missing")
    }
    guard size <= (descriptor.structure == .berTLV ? largestBERTLVFile : largestFile) else {
      throw .parameters(name, "the file is too large")
    }
    if let length = descriptor.recordLength {
      guard size > 0, size % length == 0, size / length <= 254, length <= 255 else {
        throw .parameters(name, "the size \(size) is not 1 to 254 records of \(length) bytes")
      }
      parameters.descriptor?.recordCount = size / length
    }
    parameters.fileSize = size
    return parameters
  }
}

/// A finished file system, ready to be written to a card.
public struct FileSystemImage: Sendable {
  let items: [UInt32: [UInt8]]

  /// Bytes it takes on the card.
  public var size: Int { items.values.reduce(0) { $0 + MemoryMap.size(of: $1) } }
}
