import APDU
import UICC

/// What is selected on one logical channel, and what waits there (ETSI TS 102 221 §8.7).
struct Channel {
  /// What the channel stands in.
  enum Place: Equatable {
    /// The visible file system.
    case files
    /// An application with an identifier of its own: its place among the card's applications.
    case application(Int)
  }

  var place: Place = .files
  /// The current directory.
  var directory: FileNumber = .mf
  /// The ADF whose application is active on the channel.
  var application: FileNumber?
  /// The current EF.
  var file: FileNumber?
  /// The current record, from 1; 0 while there is none.
  var record = 0
  /// A BER-TLV data object on its way in or out.
  var transfer: DataTransfer?
  /// What GET RESPONSE fetches.
  var pending: Pending?
  /// The commands of a chain so far.
  var chain: Command?

  /// An answer's rest.
  struct Pending {
    var data: ArraySlice<UInt8>
    let status: StatusWord
  }

  /// Makes `file` the current EF of its directory.
  mutating func selectFile(_ file: FileNumber) { (self.file, record, transfer) = (file, 0, nil) }

  /// Makes `directory` the current directory.
  mutating func selectDirectory(_ directory: FileNumber) {
    (self.directory, file, record, transfer) = (directory, nil, 0, nil)
  }
}

/// A BER-TLV data object that goes over the line in several commands (ETSI TS 102 221 §11.3).
struct DataTransfer {
  /// Whether it comes in (SET DATA) or goes out (RETRIEVE DATA).
  let isIncoming: Bool
  let file: FileNumber
  /// The object so far, or the whole of it.
  var bytes: [UInt8]
  /// How much of it has gone out.
  var offset = 0
}
