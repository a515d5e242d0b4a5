import Bytes
import Identifiers
import TLV

extension PE {
  /// PE-Application ::= SEQUENCE { app-Header PEHeader, loadBlock ApplicationLoadPackage OPTIONAL,
  ///   instanceList SEQUENCE OF ApplicationInstance OPTIONAL } (§8.7)
  public struct Application: KnownElement, TLVSequence, Hashable {
    public static let name = "application"
    public static let number: UInt32 = 8

    private var peHeader: PEHeader
    /// The code.
    public var loadBlock: ApplicationLoadPackage?
    /// The applications made of it, or of code that the card has.
    public var instanceList: [ApplicationInstance]?
    /// Fields of later versions.
    public var laterFields = LaterFields()

    public var header: PEHeader? { peHeader }

    public init(fields reader: inout TLVReader) throws(TLVError) {
      peHeader = try reader.read(0xA0)
      loadBlock = try reader.readIfPresent(0xA1)
      instanceList = try reader.readIfPresent(0xA2)
      laterFields = try reader.laterFields(from: 3)
    }

    public func encodeFields(to writer: inout TLVWriter) {
      writer.write(0xA0, peHeader)
      writer.write(0xA1, loadBlock)
      writer.write(0xA2, instanceList)
      writer.write(laterFields)
    }
  }
}

/// ApplicationLoadPackage ::= SEQUENCE { loadPackageAID [APPLICATION 15], securityDomainAID [APPLICATION 15] OPTIONAL,
///   nonVolatileCodeLimitC6 [PRIVATE 6] OPTIONAL, volatileDataLimitC7 [PRIVATE 7] OPTIONAL,
///   nonVolatileDataLimitC8 [PRIVATE 8] OPTIONAL, hashValue [PRIVATE 1] OPTIONAL, loadBlockObject [PRIVATE 4] }
public struct ApplicationLoadPackage: TLVSequence, Hashable {
  /// The package's identifier.
  public var loadPackageAID: AID
  /// The domain it belongs to; nil: the MNO-SD.
  public var securityDomainAID: AID?
  /// Limit on code.
  public var nonVolatileCodeLimitC6: [UInt8]?
  /// Limit on volatile data.
  public var volatileDataLimitC7: [UInt8]?
  /// Limit on non-volatile data.
  public var nonVolatileDataLimitC8: [UInt8]?
  /// `hashValue`: hash of the load block.
  public var loadBlockHash: [UInt8]?
  /// The code.
  public var loadBlockObject: [UInt8]

  public init(fields reader: inout TLVReader) throws(TLVError) {
    loadPackageAID = try reader.read(0x4F)
    securityDomainAID = try reader.readIfPresent(0x4F)
    nonVolatileCodeLimitC6 = try reader.readIfPresent(0xC6)
    volatileDataLimitC7 = try reader.readIfPresent(0xC7)
    nonVolatileDataLimitC8 = try reader.readIfPresent(0xC8)
    loadBlockHash = try reader.readIfPresent(0xC1)
    loadBlockObject = try reader.read(0xC4)
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x4F, loadPackageAID)
    writer.write(0x4F, securityDomainAID)
    writer.write(0xC6, nonVolatileCodeLimitC6)
    writer.write(0xC7, volatileDataLimitC7)
    writer.write(0xC8, nonVolatileDataLimitC8)
    writer.write(0xC1, loadBlockHash)
    writer.write(0xC4, loadBlockObject)
  }
}

/// ApplicationInstance ::= SEQUENCE { applicationLoadPackageAID, classAID, instanceAID, extraditeSecurityDomainAID
///   OPTIONAL: [APPLICATION 15] each, applicationPrivileges [2], lifeCycleState [3] DEFAULT '07'H,
///   applicationSpecificParametersC9 [PRIVATE 9], systemSpecificParameters [PRIVATE 15] OPTIONAL,
///   applicationParameters [PRIVATE 10] OPTIONAL, processData SEQUENCE OF OCTET STRING OPTIONAL,
///   controlReferenceTemplate [16] OPTIONAL } (§8.7.3)
public struct ApplicationInstance: TLVMessage, TLVSequence, Hashable {
  public static let tag: TLVTag = .sequence

  /// The package of the code.
  public var applicationLoadPackageAID: AID
  /// The class in it.
  public var classAID: AID
  /// The application's identifier.
  public var instanceAID: AID
  /// The domain it belongs to; nil: the MNO-SD.
  public var extraditeSecurityDomainAID: AID?
  /// GlobalPlatform privileges: 1 or 3 bytes.
  public var applicationPrivileges: [UInt8]
  /// GlobalPlatform life cycle; nil stands for 07, selectable.
  public var lifeCycleState: [UInt8]?
  /// Installation parameters; of a security domain: secure channel protocols and options in tags 81.
  public var applicationSpecificParametersC9: [UInt8]
  /// Quotas and the like.
  public var systemSpecificParameters: ApplicationSystemParameters?
  /// UICC parameters.
  public var applicationParameters: UICCApplicationParameters?
  /// STORE DATA commands to the application.
  public var processData: [OctetString]?
  /// The application provider.
  public var controlReferenceTemplate: ControlReferenceTemplate?

  /// An instance whose other fields are absent.
  public init(
    package: AID, class classAID: AID, instance: AID, privileges: [UInt8], lifeCycleState: UInt8?,
    specificParameters: [UInt8]
  ) {
    (applicationLoadPackageAID, self.classAID, instanceAID) = (package, classAID, instance)
    (applicationPrivileges, self.lifeCycleState) = (privileges, lifeCycleState.map { [$0] })
    applicationSpecificParametersC9 = specificParameters
  }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    applicationLoadPackageAID = try reader.read(0x4F)
    classAID = try reader.read(0x4F)
    instanceAID = try reader.read(0x4F)
    extraditeSecurityDomainAID = try reader.readIfPresent(0x4F)
    applicationPrivileges = try reader.read(0x82)
    lifeCycleState = try reader.readIfPresent(0x83)
    applicationSpecificParametersC9 = try reader.read(0xC9)
    systemSpecificParameters = try reader.readIfPresent(0xEF)
    applicationParameters = try reader.readIfPresent(0xEA)
    processData = try reader.readIfPresent(.sequence)
    controlReferenceTemplate = try reader.readIfPresent(0xB0)
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x4F, applicationLoadPackageAID)
    writer.write(0x4F, classAID)
    writer.write(0x4F, instanceAID)
    writer.write(0x4F, extraditeSecurityDomainAID)
    writer.write(0x82, applicationPrivileges)
    writer.write(0x83, lifeCycleState)
    writer.write(0xC9, applicationSpecificParametersC9)
    writer.write(0xEF, systemSpecificParameters)
    writer.write(0xEA, applicationParameters)
    writer.write(.sequence, processData)
    writer.write(0xB0, controlReferenceTemplate)
  }
}

/// ApplicationSystemParameters ::= SEQUENCE of optional fields (§8.7.3, GlobalPlatform Card Specification §11.5.2.3.7)
public struct ApplicationSystemParameters: TLVSequence, Hashable {
  /// 2 to 4 bytes.
  public var volatileMemoryQuotaC7: [UInt8]?
  /// 2 to 4 bytes.
  public var nonVolatileMemoryQuotaC8: [UInt8]?
  /// Global services.
  public var globalServiceParameters: [UInt8]?
  /// Interfaces and channels on which the application is selected by itself.
  public var implicitSelectionParameter: [UInt8]?
  /// 2 to 4 bytes.
  public var volatileReservedMemory: [UInt8]?
  /// 2 to 4 bytes.
  public var nonVolatileReservedMemory: [UInt8]?
  /// SIM file access and toolkit parameters (ETSI TS 102 226).
  public var ts102226SIMFileAccessToolkitParameter: [UInt8]?
  /// Contactless parameters (ETSI TS 102 226): SEQUENCE { protocolParameterData [0] }.
  public var ts102226AdditionalContactlessParameters: AdditionalContactlessParameters?
  /// GlobalPlatform Amendment C.
  public var contactlessProtocolParameters: [UInt8]?
  /// GlobalPlatform Amendment C.
  public var userInteractionContactlessParameters: [UInt8]?
  /// 2 to 4 bytes.
  public var cumulativeGrantedVolatileMemory: [UInt8]?
  /// 2 to 4 bytes.
  public var cumulativeGrantedNonVolatileMemory: [UInt8]?

  public init(fields reader: inout TLVReader) throws(TLVError) {
    volatileMemoryQuotaC7 = try reader.readIfPresent(0xC7)
    nonVolatileMemoryQuotaC8 = try reader.readIfPresent(0xC8)
    globalServiceParameters = try reader.readIfPresent(0xCB)
    implicitSelectionParameter = try reader.readIfPresent(0xCF)
    volatileReservedMemory = try reader.readIfPresent(0xD7)
    nonVolatileReservedMemory = try reader.readIfPresent(0xD8)
    ts102226SIMFileAccessToolkitParameter = try reader.readIfPresent(0xCA)
    ts102226AdditionalContactlessParameters = try reader.readIfPresent(0xA0)
    contactlessProtocolParameters = try reader.readIfPresent(0xD9)
    userInteractionContactlessParameters = try reader.readIfPresent(0xDA)
    cumulativeGrantedVolatileMemory = try reader.readIfPresent(0x82)
    cumulativeGrantedNonVolatileMemory = try reader.readIfPresent(0x83)
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0xC7, volatileMemoryQuotaC7)
    writer.write(0xC8, nonVolatileMemoryQuotaC8)
    writer.write(0xCB, globalServiceParameters)
    writer.write(0xCF, implicitSelectionParameter)
    writer.write(0xD7, volatileReservedMemory)
    writer.write(0xD8, nonVolatileReservedMemory)
    writer.write(0xCA, ts102226SIMFileAccessToolkitParameter)
    writer.write(0xA0, ts102226AdditionalContactlessParameters)
    writer.write(0xD9, contactlessProtocolParameters)
    writer.write(0xDA, userInteractionContactlessParameters)
    writer.write(0x82, cumulativeGrantedVolatileMemory)
    writer.write(0x83, cumulativeGrantedNonVolatileMemory)
  }

  /// TS102226AdditionalContactlessParameters ::= SEQUENCE { protocolParameterData OCTET STRING }
  public struct AdditionalContactlessParameters: TLVSequence, Hashable {
    /// ETSI TS 102 226 §8.2.1.3.2.2.
    public var protocolParameterData: [UInt8]

    public init(fields reader: inout TLVReader) throws(TLVError) { protocolParameterData = try reader.read(0x80) }
    public func encodeFields(to writer: inout TLVWriter) { writer.write(0x80, protocolParameterData) }
  }
}

/// UICCApplicationParameters ::= SEQUENCE { uiccToolkitApplicationSpecificParametersField [0] OPTIONAL,
///   uiccAccessApplicationSpecificParametersField [1] OPTIONAL,
///   uiccAdministrativeAccessApplicationSpecificParametersField [2] OPTIONAL } (ETSI TS 102 226 §8.2.1.3.2.2)
public struct UICCApplicationParameters: TLVSequence, Hashable {
  /// Priorities, timers, TARs and minimum security level.
  public var toolkit: [UInt8]?
  /// Access to the file system.
  public var access: [UInt8]?
  /// Administrative access to the file system.
  public var administrativeAccess: [UInt8]?

  /// Toolkit parameters alone.
  public init(toolkit: [UInt8]?) { self.toolkit = toolkit }

  public init(fields reader: inout TLVReader) throws(TLVError) {
    toolkit = try reader.readIfPresent(0x80)
    access = try reader.readIfPresent(0x81)
    administrativeAccess = try reader.readIfPresent(0x82)
  }

  public func encodeFields(to writer: inout TLVWriter) {
    writer.write(0x80, toolkit)
    writer.write(0x81, access)
    writer.write(0x82, administrativeAccess)
  }
}

/// ControlReferenceTemplate ::= SEQUENCE { applicationProviderIdentifier [APPLICATION 32] OCTET STRING }
public struct ControlReferenceTemplate: TLVSequence, Hashable {
  /// The application provider.
  public var applicationProviderIdentifier: [UInt8]

  public init(fields reader: inout TLVReader) throws(TLVError) {
    applicationProviderIdentifier = try reader.read(0x5F20)
  }

  public func encodeFields(to writer: inout TLVWriter) { writer.write(0x5F20, applicationProviderIdentifier) }
}
