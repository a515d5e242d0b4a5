// swift-tools-version:6.1
// Coverage-guided fuzzing of every parser. A package of its own, since everything in it is built with other flags:
// scripts/fuzz TARGET SECONDS
import PackageDescription

let package = Package(
  name: "fuzz",
  dependencies: [.package(name: "simurgh", path: "..")],
  targets: [.executableTarget(name: "fuzz", dependencies: [.product(name: "FuzzTargets", package: "simurgh")])]
)
