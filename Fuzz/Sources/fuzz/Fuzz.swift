import FuzzTargets

/// libFuzzer's driver (compiler-rt, lib/fuzzer/FuzzerInterface.h): runs `callback` over its inputs.
@_silgen_name("LLVMFuzzerRunDriver")
func runDriver(
  _ argc: UnsafeMutablePointer<Int32>,
  _ argv: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>,
  _ callback: @convention(c) (UnsafePointer<UInt8>?, Int) -> Int32
) -> Int32

nonisolated(unsafe) var target = FuzzTarget.all[0]

@main struct Fuzz {
  /// `fuzz TARGET [libFuzzer's own arguments]`
  static func main() {
    guard CommandLine.argc > 1, let named = FuzzTarget.all.first(where: { $0.name == CommandLine.arguments[1] }) else {
      print("usage: fuzz TARGET [corpus folders and libFuzzer options]\ntargets: \(FuzzTarget.all.map(\.name))")
      return
    }
    target = named
    var argc = CommandLine.argc - 1
    var argv: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv + 1
    _ = withUnsafeMutablePointer(to: &argc) { argc in
      withUnsafeMutablePointer(to: &argv) { argv in
        runDriver(argc, argv) { bytes, count in
          target.feed(Array(UnsafeBufferPointer(start: bytes, count: count)))
          return 0
        }
      }
    }
  }
}
