import ProfilePackage
import SMDPPlus

/// The templates that orders may name.
enum Templates {
  /// "base": a 3G to 5G USIM with ISIM, made by this house. "bad-element": the same with an element that no card can do,
  /// for tests.
  static func all() throws -> [String: any PackageBuilder] {
    let base = SubscriberTemplate(try BaseProfile.template())
    return ["base": base, "bad-element": SpoiltTemplate(base: base)]
  }
}
