import Bytes
import Identifiers

/// What makes a profile one subscriber's own. Each value names the files and elements that it sets; what is nil stays
/// as the template has it.
public struct PersonalData: Sendable {
  /// The profile's number: `iccid` of the header and EF.ICCID.
  public var iccid: ICCID
  /// The subscriber's identity: EF.IMSI, and the access class in EF.ACC, which its last digit tells (TS 22.011 §4.2).
  public var imsi: IMSI?
  /// Digits of the MNC, 2 or 3: byte 4 of EF.AD. Without it the first home network tells, else 2.
  public var mncLength: Int?
  /// Algorithm and key: PE-AKAParameter of every application that has its own.
  public var authentication: Authentication?

  /// PIN of application 1, 4 to 8 digits: key reference 01 of PE-PINCodes. It becomes enabled.
  public var pin1: Secret?
  /// Second PIN of application 1, 4 to 8 digits: key reference 81 of PE-PINCodes.
  public var pin2: Secret?
  /// Code that unblocks PIN 1, 8 digits: reference 01 of PE-PUKCodes.
  public var puk1: Secret?
  /// Code that unblocks PIN 2, 8 digits: reference 81 of PE-PUKCodes.
  public var puk2: Secret?
  /// First administrative key, up to 8 bytes: key reference 0A of PE-PINCodes.
  public var adm1: Secret?

  /// Short message service centre: first record of EF.SMSP.
  public var serviceCentre: BCDNumber?
  /// The subscriber's own number: first record of EF.MSISDN.
  public var msisdn: BCDNumber?
  /// Service provider's name, up to 16 characters: EF.SPN and service 19.
  public var serviceProviderName: String?

  /// Home networks by priority: EF.HPLMNwAcT and service 43.
  public var homeNetworks: [NetworkChoice]?
  /// Networks the operator prefers: EF.OPLMNwAcT and service 42.
  public var operatorNetworks: [NetworkChoice]?
  /// Networks that count as home networks: EF.EHPLMN and service 71.
  public var equivalentHomeNetworks: [PLMN]?
  /// Forbidden networks: EF.FPLMN.
  public var forbiddenNetworks: [PLMN]?

  /// Routing indicator, 1 to 4 digits: EF.Routing_Indicator of DF.5GS.
  public var routingIndicator: String?
  /// Protection schemes and home network keys, and who calculates the SUCI.
  public var suci: SUCI?

  /// Private identity of IMS: EF.IMPI. Without it, the IMSI's of TS 23.003 §13.3.
  public var impi: String?
  /// Public identities of IMS, SIP or tel URIs: EF.IMPU. Without them, the IMSI's of TS 23.003 §13.4.
  public var impu: [String]?
  /// Home network's domain name: EF.DOMAIN. Without it, the network's of TS 23.003 §13.2.
  public var domain: String?

  /// Keys of security domains: `keyList` of PE-SecurityDomain.
  public var domainKeys: [DomainKeys]

  /// A profile of which nothing but the number is known yet.
  public init(iccid: ICCID, imsi: IMSI? = nil, authentication: Authentication? = nil) {
    (self.iccid, self.imsi, self.authentication, domainKeys) = (iccid, imsi, authentication, [])
  }

  /// The data with random PINs, unblocking codes and administrative key where they are missing.
  ///
  /// PIN 1 stays as the template has it: whether users are asked for one is the operator's choice.
  public func completed(random: any RandomSource) -> PersonalData {
    var pool: [UInt8] = []
    func digits(_ count: Int) -> Secret {
      // Bytes from 250 on are left out, so that all digits are equally likely.
      while pool.count < count { pool += random.bytes(32).filter { $0 < 250 }.map { 0x30 + $0 % 10 } }
      defer { pool.removeFirst(count) }
      return Secret(Array(pool.prefix(count)))
    }
    var data = self
    data.pin2 = pin2 ?? digits(4)
    data.puk1 = puk1 ?? digits(8)
    data.puk2 = puk2 ?? digits(8)
    data.adm1 = adm1 ?? digits(8)
    return data
  }
}

extension PersonalData {
  /// How the network and the card prove themselves to each other (§8.4.2).
  public struct Authentication: Sendable {
    /// The algorithm.
    public var algorithm: AlgoParameter.Algorithm
    /// K: 16 bytes; TUAK also 32.
    public var key: Secret
    /// OPc (16 bytes) or TOPc (32 bytes).
    public var opc: Secret
    /// `algorithmOptions`; 01: RES and MAC of 64 bits, CK and IK of 128.
    public var options: UInt8 = 0x01
    /// Milenage's r1 to r5 in 5 bytes; nil: those of TS 35.206.
    public var rotationConstants: [UInt8]?
    /// Milenage's c1 to c5 in 80 bytes; nil: those of TS 35.206.
    public var xoringConstants: [UInt8]?
    /// TUAK's iterations of Keccak; nil: 1.
    public var numberOfKeccak: Int?
    /// First sequence number of every index, without the index, 43 bits: `sqnInit`; nil: 0.
    public var firstSequenceNumber: UInt64?

    /// Milenage with K and OPc of 16 bytes (TS 35.206).
    public static func milenage(k: Secret, opc: Secret) -> Authentication {
      Authentication(algorithm: .milenage, key: k, opc: opc)
    }

    /// TUAK with K of 16 or 32 bytes and TOPc of 32 (TS 35.231).
    public static func tuak(k: Secret, topc: Secret, numberOfKeccak: Int = 1) -> Authentication {
      var authentication = Authentication(algorithm: .tuak, key: k, opc: topc)
      authentication.numberOfKeccak = numberOfKeccak == 1 ? nil : numberOfKeccak
      return authentication
    }

    /// The test algorithm of TS 34.108 with K of 16 bytes and RES of 128 bits.
    public static func test(k: Secret) -> Authentication {
      var authentication = Authentication(
        algorithm: .usimTestAlgorithm, key: k, opc: Secret([UInt8](repeating: 0, count: 16)))
      authentication.options = 0x02
      return authentication
    }
  }

  /// How the subscriber's identity is concealed (TS 33.501 §6.12).
  public struct SUCI: Sendable {
    /// Who calculates it.
    public enum Calculator: Sendable {
      /// The terminal, from EF.SUCI_Calc_Info of DF.5GS: service 124.
      case terminal
      /// The USIM, from EF.SUCI_Calc_Info of DF.SAIP: services 124 and 125, and `get-identity` in the header.
      case usim
    }

    /// Schemes and keys.
    public var info: SUCICalculationInfo
    /// Who calculates it.
    public var calculator: Calculator

    /// Schemes and keys for `calculator`.
    public init(_ info: SUCICalculationInfo, by calculator: Calculator = .terminal) {
      (self.info, self.calculator) = (info, calculator)
    }
  }

  /// The three keys of a secure channel of a security domain (§8.6.3).
  public struct DomainKeys: Sendable {
    /// A key's algorithm: its GlobalPlatform type.
    public enum Algorithm: UInt8, Sendable {
      case tripleDES = 0x80
      case aes = 0x88
    }

    /// The domain; nil: the MNO-SD.
    public var domain: AID?
    /// Key version: 01 to 0F for SCP80, 20 to 2F for SCP02, 30 to 3F for SCP03, 40 to 4F for SCP81.
    public var version: UInt8
    /// The keys' algorithm.
    public var algorithm: Algorithm
    /// Identifier 1: encryption (KIc, S-ENC).
    public var encryption: Secret
    /// Identifier 2: authentication (KID, S-MAC).
    public var authentication: Secret
    /// Identifier 3: key encryption (KIK, DEK).
    public var keyEncryption: Secret

    /// Keys of one version; those the domain had under this version are replaced.
    public init(
      domain: AID? = nil, version: UInt8, algorithm: Algorithm = .aes, encryption: Secret, authentication: Secret,
      keyEncryption: Secret
    ) {
      (self.domain, self.version, self.algorithm) = (domain, version, algorithm)
      (self.encryption, self.authentication, self.keyEncryption) = (encryption, authentication, keyEncryption)
    }
  }
}
