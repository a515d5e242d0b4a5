import ProfilePackage

/// GSMA's TS.48 test profiles, in the folder of published vectors.
package enum TestProfiles {
  /// The profiles' file names; none where the vectors are missing.
  package static let names = Vectors.names(in: "profiles", suffix: ".der")

  package static func bytes(_ name: String) throws -> [UInt8] { try Vectors.bytes("profiles/\(name)") }

  package static func package(_ name: String) throws -> Package { try Package(decoding: bytes(name)) }
}
