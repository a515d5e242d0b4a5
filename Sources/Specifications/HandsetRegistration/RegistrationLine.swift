/// The line to the carrier's terminal, as a device has it: a message in, its answer out.
public protocol RegistrationLine {
  /// Sends a message and waits for the answer. After an error it is not known whether the message was taken; the same one
  /// may be sent again.
  func exchange(_ message: [UInt8]) throws -> [UInt8]
}
