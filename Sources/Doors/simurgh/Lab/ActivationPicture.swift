import QRCode
import SGP22

/// An activation code as a picture for a phone's camera.
enum ActivationPicture {
  /// The QR code in half blocks, indented; nil where it would not fit a code.
  static func text(_ code: ActivationCode) -> String? {
    QRCode(code.description).map { picture in
      picture.terminalText.split(separator: "\n").map { "    \($0)" }.joined(separator: "\n")
    }
  }
}
