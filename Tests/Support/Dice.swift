/// A small generator for mutations: the same each time.
package struct Dice {
  private var state: UInt64

  package init(_ seed: UInt64) { state = seed }

  /// A number from 0 to below `sides`.
  package mutating func roll(_ sides: Int) -> Int {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Int(state >> 33) % max(1, sides)
  }
}
