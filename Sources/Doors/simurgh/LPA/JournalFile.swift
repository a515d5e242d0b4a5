import Bytes
import CircleFiles
import Foundation
import Identifiers
import LPA
import SGP22

/// What the LPA keeps of its downloads, so that the next start can take them up: a file for each eUICC.
struct JournalFile {
  let path: String

  /// The journal of the eUICC `eid` at a site.
  init(_ site: Site, eid: EID) { path = "\(site.directory)/downloads/\(eid).json" }

  /// The journal. A damaged one is told and forgotten: the server forgets its side by itself, and what the eUICC has
  /// installed it tells by notifications.
  func read() -> DownloadJournal {
    guard let data = FileManager.default.contents(atPath: path) else { return DownloadJournal() }
    do { return try JSONDecoder().decode(DownloadJournal.self, from: data) } catch {
      Complaint.note("the record of a broken download in \(path) is damaged; it is forgotten")
      try? FileManager.default.removeItem(atPath: path)
      return DownloadJournal()
    }
  }

  /// The download that was broken off; nil where there is none.
  func record() -> DownloadRecord? { read().underWay }

  /// Keeps `record` as the download under way durably before it returns; nil ends it.
  func keep(_ record: DownloadRecord?) { change { $0.keep(record) } }

  /// Changes the journal durably before it returns. A step that cannot be recorded must not be done: then the program
  /// ends, as it might at any point.
  func change(_ deed: (inout DownloadJournal) -> Void) {
    var journal = read()
    deed(&journal)
    do {
      guard !journal.isEmpty else {
        if FileManager.default.fileExists(atPath: path) { try FileManager.default.removeItem(atPath: path) }
        return
      }
      try Folder.make(PathName.folder(of: path), isPrivate: true)
      try DurableFile.write(Array(JSONEncoder().encode(journal)), to: path, isSecret: true)
    } catch {
      Complaint.note("\(error) So the download ends here; make room and begin it again.")
      exit(Complaint.Kind.noPermission.rawValue)
    }
  }
}

extension DownloadRecord {
  /// Whether it tells of a download by `code`.
  func isOf(_ code: ActivationCode) -> Bool {
    address == code.smdpAddress.description && matchingId == code.matchingId
  }

  /// Where it came from, in words.
  var origin: String { matchingId.isEmpty ? address : "\(address) (\(matchingId))" }
}
