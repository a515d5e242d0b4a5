import Bytes
import CircleFiles
import CustomerManagement
import DeviceChange
import Foundation
import Identifiers

/// Messages to subscribers, a file each: whoever sends short messages for the operator takes them from there.
struct MessageFolder: SubscriberContact {
  private let folder: String
  private let customers: CustomerManagement.Desk

  init(_ folder: String, customers: CustomerManagement.Desk) { (self.folder, self.customers) = (folder, customers) }

  func tell(_ notice: Notice, _ imsi: IMSI, identifier: String, now: Instant) throws {
    let number = try customers.number(of: imsi).map { "\($0)" } ?? "IMSI \(imsi)"
    try Folder.make(folder, isPrivate: true)
    try DurableFile.write(
      "to: \(number)\nat: \(now)\n\n\(Self.text(notice))\n", to: "\(folder)/\(identifier).txt", isSecret: true)
  }

  private static func text(_ notice: Notice) -> String {
    switch notice {
    case .code(let code, let eid):
      """
      Your profile is to move to the device \(eid). The code is \(String(decoding: code.bytes, as: UTF8.self)). \
      If you did not ask for this, tell it to nobody and call us.
      """
    case .objection(let until):
      "Your profile is to move to another device after \(until). If you do not want that, call us."
    case .renewal(let code): "Your profile gets other keys. Fetch it on your device with \(code)"
    case .moved: "Your profile has moved to your new device."
    case .cloned(let isBarred):
      "Somebody seems to have a copy of your SIM.\(isBarred ? " It is shut out until we have looked at that." : "") Call us."
    }
  }

  /// Customer management does not keep when an address was changed.
  func contactChanged(_ imsi: IMSI) -> Instant? { nil }

  func enter(_ new: ICCID, inPlaceOf old: ICCID, now: Instant) throws {
    try customers.enter(new, inPlaceOf: old, now: now)
  }
}
