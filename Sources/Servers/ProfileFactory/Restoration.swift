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
    var leftOut: [LeftOut] = []
    for file in files {
      do throws(LeftOut) { try restore(file, in: profile) } catch { leftOut.append(error) }
    }
    return leftOut
  }

  private mutating func restore(_ file: BackedUpFile, in profile: ResolvedProfile) throws(LeftOut) {
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
    guard Self.mayRestore(steps, application: file.application, in: profile) else {
      throw no("it is the operator's")
    }
    guard place.recordLength ?? 0 == file.recordLength else {
      throw no("its records have another length in the new profile")
    }
    let size = place.parameters.fileSize ?? place.contents.count
    let (kept, cut) = (file.content.prefix(size), file.content.dropFirst(size))
    guard cut.allSatisfy({ $0 == 0xFF }) else { throw no("the new profile's file is too small for it") }
    let content = Array(kept) + [UInt8](repeating: 0xFF, count: size - kept.count)
    guard setContent(content, of: place) else { throw no("the new profile makes it in another way") }
  }

  /// The user's files of a network access application and of DF.TELECOM, and all files of other applications.
  private static func mayRestore(_ steps: [FileIdentifier], application: AID?, in profile: ResolvedProfile) -> Bool {
    var steps = steps[...]
    if application == nil {
      guard steps.first == 0x7F10 else { return false }
      steps = steps.dropFirst()
    } else if let directory = profile.applicationDirectories.first(where: { $0.parameters.dfName == application }),
      !profile.authentications.contains(where: { $0.application == directory.path })
    {
      return true
    }
    if steps.first == 0x5F3A { return steps.count == 2 && steps.last != 0x4F30 }
    return steps.count == 1 && steps.allSatisfy(userFiles.contains)
  }

  private static let userFiles: Set<FileIdentifier> = [
    0x6F3A, 0x6F3B, 0x6F4A, 0x6F4B, 0x6F3C, 0x6F43, 0x6F05, 0x6F60,
  ]
}
