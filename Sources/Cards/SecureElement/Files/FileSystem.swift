import UICC

/// One file system as a command sees it: structure, contents, PINs, in the state its transaction leaves them.
public struct FileSystem {
  /// The area of the memory that holds it.
  public let area: MemoryArea
  /// Its files and how they hang together.
  public let tree: FileTree
  let memory: MemoryTransaction

  init(area: MemoryArea, tree: FileTree, memory: MemoryTransaction) {
    (self.area, self.tree, self.memory) = (area, tree, memory)
  }

  private func key(_ item: FileSystemItem) -> MemoryKey { MemoryKey(area, item.number) }

  // MARK: Contents

  /// The file at `path` from the MF; a step 7FFF is not known here.
  public func find(_ path: [FileIdentifier]) -> FileNumber? {
    var current = FileNumber.mf
    for step in path.first == .mf ? path.dropFirst() : path[...] {
      guard let next = tree.child(step, of: current) else { return nil }
      current = next
    }
    return current
  }

  /// The body of an EF; records lie one behind the other, those of a cyclic file from the newest on.
  public func content(of file: FileNumber) -> [UInt8] {
    let body = tree.body(of: file)
    return memory.read(key(.content(body))) ?? tree[body].initialContent
  }

  /// Replaces the body of an EF; but for a BER-TLV file it is cut or filled with FF to the file's size.
  public func setContent(_ content: [UInt8], of file: FileNumber) {
    let body = tree.body(of: file)
    var content = content
    if tree[body].structure != .berTLV, content.count != tree[body].size {
      content = Array(content.prefix(tree[body].size))
      content += [UInt8](repeating: 0xFF, count: tree[body].size - content.count)
    }
    memory.write(key(.content(body)), content)
  }

  /// A file's stage of life.
  func lifeCycle(of file: FileNumber) -> LifeCycleStatus {
    memory.read(key(.lifeCycle(file)))?.first.flatMap(LifeCycleStatus.init(byte:))
      ?? tree[file].parameters.lifeCycle ?? .activated
  }

  func setLifeCycle(_ status: LifeCycleStatus, of file: FileNumber) {
    memory.write(key(.lifeCycle(file)), [status.byte])
  }

  // MARK: Secrets

  /// The authentication parameters of an ADF.
  public func authentication(of application: FileNumber) -> AKAParameters? {
    memory.read(key(.authentication(source(application)))).flatMap { try? AKAParameters(encoded: $0) }
  }

  private func source(_ application: FileNumber) -> FileNumber { tree[application].authenticationSource ?? application }

  /// What an application keeps with an ADF's authentication parameters under `number`.
  public func state(_ number: UInt8, of application: FileNumber) -> [UInt8]? {
    memory.read(key(.applicationState(source(application), number)))
  }

  /// Keeps `bytes` with an ADF's authentication parameters under `number`.
  public func setState(_ bytes: [UInt8], _ number: UInt8, of application: FileNumber) {
    memory.write(key(.applicationState(source(application), number)), bytes)
  }

  /// What the file system's maker attached to it as `number`.
  public func attachment(_ number: UInt32) -> [UInt8]? { memory.read(key(.attachment(number))) }

  /// The directory that holds the PIN `reference` for someone in `directory`: local PINs in the nearest directory
  /// above that has it (or that it shares them with), global ones in the MF or else wherever they were put.
  func owner(of reference: PINReference, from directory: FileNumber) -> FileNumber? {
    func has(_ candidate: FileNumber) -> FileNumber? {
      let source = tree[candidate].pinSource ?? candidate
      return memory.read(key(.pin(source, reference))) == nil ? nil : source
    }
    let near = tree.directories(from: directory).lazy.compactMap(has).first
    if near != nil || reference.isLocal { return near }
    return tree.applications.lazy.compactMap(has).first
  }

  func pin(_ reference: PINReference, of owner: FileNumber) -> PINRecord? {
    memory.read(key(.pin(owner, reference))).flatMap { PINRecord(reference, encoded: $0) }
  }

  func setPIN(_ pin: PINRecord, of owner: FileNumber) { memory.write(key(.pin(owner, pin.reference)), pin.encoded) }

  /// The unblocking code `reference` for a PIN of `owner`: of the same directory, or of one above.
  func puk(_ reference: PINReference, of owner: FileNumber) -> (record: PUKRecord, owner: FileNumber)? {
    for directory in tree.directories(from: owner) {
      let found = memory.read(key(.puk(directory, reference)))
      if let record = found.flatMap({ PUKRecord(reference, encoded: $0) }) { return (record, directory) }
    }
    return nil
  }

  func setPUK(_ puk: PUKRecord, of owner: FileNumber) { memory.write(key(.puk(owner, puk.reference)), puk.encoded) }
}
