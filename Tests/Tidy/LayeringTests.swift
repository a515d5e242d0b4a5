import Foundation
import Testing

@Suite("The house: imports go down only") struct LayeringTests {
  private static let system: Set<String> = [
    "Foundation", "FoundationEssentials", "Dispatch", "Glibc", "Synchronization",
  ]

  @Test("the table of rooms can be read") func table() throws {
    let rooms = try Room.table()
    #expect(rooms.count > 10)
    #expect(rooms.contains { $0.name == "TLV" && $0.dependencies == ["Bytes", "Identifiers"] })
  }

  @Test("each room's dependencies stand above it in the table") func order() throws {
    let libraries = try Repository.text("Package.swift").matches(of: Regex(#"system\("([A-Za-z0-9]+)""#))
    var above = Set(libraries.compactMap { $0.output[1].substring.map(String.init) })
    for room in try Room.table() {
      for dependency in room.dependencies where !dependency.hasPrefix(".") {
        #expect(above.contains(dependency), "\(room.name) depends on \(dependency), which does not stand above it")
      }
      above.insert(room.name)
    }
  }

  @Test("each file imports only what its room may") func imports() throws {
    for room in try Room.table() {
      let allowed = Self.system.union(room.dependencies.flatMap(Room.modules(of:)))
      for file in Repository.files(below: room.folder, suffix: ".swift") {
        for line in try Repository.text(file).split(separator: "\n") {
          let words = line.split(separator: " ")
          guard let at = words.firstIndex(of: "import"),
            words[..<at].allSatisfy({ $0.hasPrefix("@") || $0 == "public" })
          else { continue }
          let module = words.last.map { String($0.prefix { $0 != "." }) } ?? ""
          #expect(allowed.contains(module), "\(file) imports \(module), which \(room.name) may not")
        }
      }
    }
  }

  @Test("parties never import each other: they meet through messages and links") func parties() throws {
    let rooms = try Room.table()
    let shared: Set<String> = [
      "SecureElement", "ProfileInterpreter", "ProfileFactory", "MutualAuthentication", "RegistrationDevice",
      "ContentManagement",
    ]
    let parties = Set(
      rooms.filter { room in
        ["Cards", "Servers", "Operator", "Terminals"].contains { room.folder.hasPrefix("Sources/\($0)/") }
      }.map(\.name)
    ).subtracting(shared)
    for room in rooms where parties.contains(room.name) {
      #expect(parties.intersection(room.dependencies).isEmpty, "\(room.name) imports another party")
    }
  }
}
