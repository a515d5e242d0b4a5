import APDU
import Bytes
import CircleOfTrust
import Identifiers
import Keys
import ProfileMove
import SGP22
import SecureElement
import SecureMessages
import UICC

// System D, steps 530 to 540: a backup of a chosen profile, on the request of its own operator's provider alone. K stays
// here unless it was asked for by name.

extension ISDR {
  /// Answers with the sealed backup, or with why there is none.
  func backUpProfile(
    _ request: BackUpProfile.Request, in exchange: Exchange
  ) throws(StatusWordError) -> BackUpProfile.Response {
    do {
      return .ok(try backUp(request, in: exchange))
    } catch let failure as BackUpProfile.Failure {
      return .error(failure)
    } catch let error as StatusWordError {
      throw error
    } catch {
      throw StatusWordError(.technicalProblem)
    }
  }

  private func backUp(_ request: BackUpProfile.Request, in exchange: Exchange) throws -> BackUpProfile.Answer {
    let records = CardRecords(exchange.memory)
    let trust = try CardTrust(records, circles)
    let eid = trust.constants.eid
    // Step 540: only if the certificate is a good one and its MNO is the profile's.
    guard let provider = try? trust.verify(request.certificate, as: .dpProfileBinding), let oid = provider.oid else {
      throw BackUpProfile.Failure.certificate
    }
    let (sender, receiver) = (try Party.secureElement(eid), try Party.profileProvider(oid))
    // The card has no clock: it is at least as late as it has seen, and as the request says.
    let now = max(records.timeSeen, request.request.claimedTerm?.notBefore ?? records.timeSeen)
    guard
      let wanted = try? request.request.verified(
        from: KnownParty(receiver, key: provider.publicKey), to: sender, at: now),
      wanted.eid == eid, let key = try? PublicKey(.p256, point: wanted.key)
    else { throw BackUpProfile.Failure.request }
    guard let profile = records.profiles.first(where: { $0.iccid == wanted.iccid }),
      try mayUse(profile, in: exchange), let files = exchange.fileSystem(in: profile.area)
    else { throw BackUpProfile.Failure.profile }
    guard let network = request.certificate.operatorNetwork, let owner = profile.metadata.profileOwner,
      owner.mccMnc == network.bytes
    else { throw BackUpProfile.Failure.notTheOperator }
    guard let identity = try trust.identity(provider.root), identity.key.curve == .p256 else {
      throw BackUpProfile.Failure.noKey
    }
    trust.learnTime(from: request.certificate)

    var collection = BackupCollection(wanted, allowed: request.allowed)
    collection.collect(files)
    let signer = try identity.key.key(context: IdentityRecord.context(eid, identity.ciPKId), vault: vault)
    let signed = try Signed(
      collection.backup, by: KeyHolder(sender, key: signer), to: receiver, answering: wanted.challenge)
    // RFC 9180: under a key that is made here for this one message.
    let sealed = try Sealed(
      signed, from: sender, to: KnownParty(receiver, key: key), answering: wanted.challenge)
    return BackUpProfile.Answer(
      euiccCertificate: identity.euiccCertificate, eumCertificate: identity.eumCertificate, backup: sealed)
  }
}

/// What goes into a backup.
private struct BackupCollection {
  private let wanted: BackupRequest
  private let parts: BackupParts
  private var files: [BackedUpFile] = []
  private var leftOut: [LeftOut]
  private var keys: ProfileBackup.Keys?
  private var size = 0

  /// Of what is wanted, no more than is allowed.
  init(_ wanted: BackupRequest, allowed: BackupParts) {
    self.wanted = wanted
    parts = wanted.parts.intersection(allowed)
    leftOut = wanted.parts.subtracting(allowed).names.map { LeftOut($0, "the person at the device keeps it back") }
  }

  var backup: ProfileBackup {
    ProfileBackup(iccid: wanted.iccid, eid: wanted.eid, files: files, leftOut: leftOut, keys: keys)
  }

  mutating func collect(_ system: FileSystem) {
    let tree = system.tree
    if let telecom = tree.child(0x7F10, of: .mf) { collectUserData(telecom, path: [0x7F, 0x10], nil, system) }
    var seen: Set<AID> = []
    for application in tree.applications {
      guard let aid = tree[application].aid else { continue }
      seen.insert(aid)
      guard aid.isNetworkAccess else {
        collectApplication(application, aid, system)
        continue
      }
      guard tree.child(0x6F07, of: application) != nil else { continue }
      collectUserData(application, path: [], aid, system)
      if parts.contains(.keys), keys == nil, let authentication = system.authentication(of: application) {
        keys = ProfileBackup.Keys(k: authentication.key, opc: authentication.opc)
      }
    }
    guard parts.contains(.applications) else { return }
    for aid in wanted.applications ?? [] where !seen.contains(aid) {
      leftOut.append(LeftOut("\(aid)", "the profile has no such application"))
    }
  }

  /// TS 31.102 §4.2, §4.4.2, §4.6: what a user keeps in a USIM, or in DF.TELECOM.
  private static let userFiles: [(BackupParts, FileIdentifier)] = [
    (.contacts, 0x6F3A), (.contacts, 0x6F3B), (.contacts, 0x6F4A), (.contacts, 0x6F4B), (.messages, 0x6F3C),
    (.messages, 0x6F43), (.preferences, 0x6F05), (.preferences, 0x6F60),
  ]

  private mutating func collectUserData(
    _ directory: FileNumber, path: [UInt8], _ aid: AID?, _ system: FileSystem
  ) {
    for (part, identifier) in Self.userFiles where parts.contains(part) {
      if let file = system.tree.child(identifier, of: directory) { add(file, path: path, aid, system) }
    }
    // EF.PBR says how the others hang together: that is the new profile's own.
    guard parts.contains(.contacts), let book = system.tree.child(0x5F3A, of: directory),
      system.tree[book].parameters.linkPath == nil
    else { return }
    for file in system.tree.children(of: book) where system.tree[file].identifier != 0x4F30 {
      add(file, path: path + [0x5F, 0x3A], aid, system)
    }
  }

  private mutating func collectApplication(_ directory: FileNumber, _ aid: AID, _ system: FileSystem) {
    guard parts.contains(.applications), wanted.applications?.contains(aid) ?? true else { return }
    for file in system.tree.children(of: directory) { add(file, path: [], aid, system) }
  }

  private mutating func add(_ file: FileNumber, path: [UInt8], _ aid: AID?, _ system: FileSystem) {
    let node = system.tree[file]
    guard !node.isDirectory, node.parameters.linkPath == nil else { return }
    let content = system.content(of: file)
    let found = BackedUpFile(
      application: aid, path: path + node.identifier.rawValue.bigEndianBytes, recordLength: node.recordLength,
      content: content)
    // What nobody has written to is not worth the way.
    guard content.contains(where: { $0 != 0xFF }) else { return }
    guard size + content.count <= ProfileBackup.limit else {
      leftOut.append(LeftOut(found.name, "the backup would be too large"))
      return
    }
    size += content.count
    files.append(found)
  }
}
