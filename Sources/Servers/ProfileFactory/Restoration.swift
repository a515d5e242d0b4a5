import Bytes
import Identifiers
import ProfileMove
import ProfilePackage
import UICC

extension Package {
  /// Step 550: puts what was backed up into the package of profile 2, file by file; what has no place in it is told. K is
  /// never taken over.
  public mutating func restore(_ files: [BackedUpFile]) -> [LeftOut] {
    let profile = ResolvedProfile(self)
    var (items, leftOut): ([FileManagement.Item], [LeftOut]) = ([], [])
    for file in files {
      do throws(LeftOut) { items += try Self.filling(file, in: profile) } catch { leftOut.append(error) }
    }
    guard !items.isEmpty else { return leftOut }
    // §8.3.5: a path selects a file that is there, and what follows fills it.
    let numbers = elements.compactMap { $0.header?.identification }
    let element = PE.GenericFileManagement((numbers.filter { $0 < 0x7FFF }.max() ?? 0) + 1, items)
    insert(element, at: indices(of: PE.End.self).first ?? count)
    return leftOut
  }

  /// Fills a file of the package.
  private static func filling(
    _ file: BackedUpFile, in profile: ResolvedProfile
  ) throws(LeftOut) -> [FileManagement.Item] {
    func no(_ reason: String) -> LeftOut { LeftOut(file.name, reason) }
    var path: [FileIdentifier] = []
    if let aid = file.application {
      guard let directory = profile.applicationDirectories.first(where: { $0.parameters.dfName == aid }) else {
        throw no("the new profile has no such application")
      }
      path = directory.path
    }
    guard let steps = FileIdentifier.path(file.path), let place = profile.file(path + steps), !place.isDirectory,
      !place.isLink
    else { throw no("the new profile has no such file") }
    // A provider's own files are not a user's to change, whatever a backup says.
    guard mayRestore(steps, application: file.application) else {
      throw no("it is the operator's")
    }
    guard place.recordLength ?? 0 == file.recordLength else {
      throw no("its records have another length in the new profile")
    }
    let size = place.parameters.fileSize ?? place.contents.count
    let (kept, cut) = (file.content.prefix(size), file.content.dropFirst(size))
    guard cut.allSatisfy({ $0 == 0xFF }) else { throw no("the new profile's file is too small for it") }
    let content = Array(kept) + [UInt8](repeating: 0xFF, count: size - kept.count)
    return [.filePath(place.path.flatMap(\.rawValue.bigEndianBytes)), .fillFileContent(content)]
  }

  /// The user's files of a network access application and of DF.TELECOM, and all files of other applications.
  private static func mayRestore(_ steps: [FileIdentifier], application: AID?) -> Bool {
    var steps = steps[...]
    if application == nil {
      guard steps.first == 0x7F10 else { return false }
      steps = steps.dropFirst()
    } else if let application, !application.isNetworkAccess {
      return true
    }
    if steps.first == 0x5F3A { return steps.count == 2 && steps.last != 0x4F30 }
    return steps.count == 1 && steps.allSatisfy(userFiles.contains)
  }

  private static let userFiles: Set<FileIdentifier> = [
    0x6F3A, 0x6F3B, 0x6F4A, 0x6F4B, 0x6F3C, 0x6F43, 0x6F05, 0x6F60,
  ]
}
