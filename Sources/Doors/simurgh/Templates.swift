import ProfilePackage
import SMDPPlus

/// The templates that orders may name.
enum Templates {
  /// "base": a 3G to 5G USIM with ISIM, made by this house.
  static func all() throws -> [String: any PackageBuilder] {
    ["base": SubscriberTemplate(try BaseProfile.template())]
  }
}
