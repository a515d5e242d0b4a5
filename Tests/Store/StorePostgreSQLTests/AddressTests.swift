import Bytes
import Store
import StorePostgreSQL
import Testing

@Suite struct AddressTests {
  @Test("A database on another machine is reached over verified TLS, or in the clear when that is asked for")
  func transport() throws {
    for mode in ["require", "prefer", "allow"] {
      #expect(
        throws: StoreError.misuse("sslmode=\(mode) verifies nobody: take verify-full with sslrootcert, or disable")
      ) {
        try PostgreSQLAddress("postgresql://db.example.com/simurgh?sslmode=\(mode)")
      }
    }
    for text in [
      "postgresql://db.example.com/simurgh", "postgresql://db.example.com/simurgh?sslmode=disable",
      "postgresql:///simurgh?sslmode=prefer", "postgresql://localhost/simurgh?sslmode=prefer",
    ] {
      _ = try PostgreSQLAddress(text)
    }
  }

  @Test("An address prints without its password")
  func redaction() throws {
    let address = try PostgreSQLAddress("postgresql://me:geheim@db.example.com:5433/simurgh")
    #expect("\(address)" == "postgresql://me@db.example.com:5433/simurgh")
  }

  @Test(
    "What is no address is refused with a sentence",
    arguments: ["", "mysql://x", "postgresql://[", "postgresql:///x?nonsense=1"])
  func nonsense(text: String) {
    #expect(throws: StoreError.self) { try PostgreSQLAddress(text) }
  }

  @Test("A server that is not there is told, and nobody waits for it for long")
  func absent() throws {
    let start = ContinuousClock.now
    let error = #expect(throws: StoreError.self) {
      try PostgreSQLStore(PostgreSQLAddress("postgresql:///x?host=/nowhere"), random: SystemRandomSource.shared)
    }
    guard case .unavailable? = error else { throw StoreError.unexpected("\(String(describing: error))") }
    #expect(ContinuousClock.now - start < .seconds(10))
  }
}
