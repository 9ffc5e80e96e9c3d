import CSQLite
import Foundation
import Synchronization

/// SQLite's extended codes, macros that Swift does not see.
enum IOError {
    static let read = SQLITE_IOERR | 1 << 8
    static let write = SQLITE_IOERR | 3 << 8
    static let sync = SQLITE_IOERR | 4 << 8
    static let truncate = SQLITE_IOERR | 6 << 8
    static let delete = SQLITE_IOERR | 10 << 8
    static let lock = SQLITE_IOERR | 15 << 8
    /// Of the memory that processes share.
    static let map = SQLITE_IOERR | 19 << 8
}

/// What goes wrong with the files of a folder: the `number`-th call of some kinds fails, or is the last one.
struct Fault: Hashable, Sendable {
    /// A call of SQLite's on one of its files.
    enum Call: Hashable, Sendable { case open, read, write, sync, truncate, lock, map }

    enum Effect: Hashable, Sendable {
        /// The call does nothing and returns `code`.
        /// - lasting: so do all later ones of its kind.
        case failure(code: Int32, lasting: Bool)
        /// The process ends in the middle of the call: no later one does anything.
        case end(Survival)
    }

    /// Which writes since a file's last sync are in it after the restart.
    enum Survival: Hashable, Sendable {
        /// As after a kill: the system writes them all.
        case all
        /// As after a power cut.
        case none, firstHalf
        /// As after a power cut with a disk that reorders writes.
        case everyOther
    }

    var calls: Set<Call>
    var number: Int
    var effect: Effect
}

/// A folder whose files SQLite reaches through a layer that can fail. Other folders are not concerned.
///
/// It remembers for each file what was synced, and what was written since. Syncing itself is left out: nothing here
/// outlives the process.
final class FaultyFolder: Sendable {
    private enum Change {
        case write(Data, offset: Int)
        case truncation(size: Int)

        func apply(to content: inout Data) {
            switch self {
            case .write(let bytes, let offset):
                let end = offset + bytes.count
                if content.count < end { content.append(Data(count: end - content.count)) }
                content.replaceSubrange(offset..<end, with: bytes)
            case .truncation(let size): content = Data(content.prefix(size))
            }
        }
    }

    private struct File {
        var synced: Data
        var changes: [Change] = []

        mutating func sync() {
            for change in changes { change.apply(to: &synced) }
            changes = []
        }

        func content(keeping survival: Fault.Survival) -> Data {
            var content = synced
            for (index, change) in changes.enumerated() {
                let survives =
                    switch survival {
                    case .all: true
                    case .none: false
                    case .firstHalf: index < (changes.count + 1) / 2
                    case .everyOther: index % 2 == 1
                    }
                if survives { change.apply(to: &content) }
            }
            return content
        }
    }

    private struct State {
        var fault: Fault?
        var callsSeen = 0
        var hasStruck = false
        var hasEnded = false
        var files: [String: File] = [:]
    }

    let path: String
    private let state = Mutex(State())

    /// - path: absolute, without symbolic links.
    init(path: String) {
        self.path = path
        FaultyVFS.add(self)
    }

    /// To be called when its files are closed.
    func remove() { FaultyVFS.remove(self) }

    /// From now on calls count, from 1. To be called on the thread that makes them.
    func arm(_ fault: Fault) {
        FaultyVFS.setArmed(true)
        state.withLock { state in
            state.fault = fault
            (state.callsSeen, state.hasStruck) = (0, false)
        }
    }

    /// Returns whether the fault struck.
    func disarm() -> Bool {
        FaultyVFS.setArmed(false)
        return state.withLock { state in
            state.fault = nil
            return state.hasStruck
        }
    }

    /// Makes the files what a new process finds, if the one before has ended. To be called when they are closed.
    func restart(_ survival: Fault.Survival) throws {
        let files = state.withLock { state in
            defer { (state.files, state.hasEnded) = ([:], false) }
            return state.files
        }
        for (name, file) in files where FileManager.default.fileExists(atPath: name) {
            try file.content(keeping: survival).write(to: URL(filePath: name))
        }
    }

    // MARK: What SQLite's calls ask

    /// SQLITE_OK where the call may go on, otherwise what it returns.
    fileprivate func verdict(on call: Fault.Call) -> Int32 {
        let code: Int32 = state.withLock { state in
            if state.hasEnded { return SQLITE_IOERR }
            guard let fault = state.fault, fault.calls.contains(call) else { return SQLITE_OK }
            state.callsSeen += 1
            switch fault.effect {
            case .failure(let code, let lasting):
                guard state.callsSeen == fault.number || (lasting && state.callsSeen > fault.number) else {
                    return SQLITE_OK
                }
                state.hasStruck = true
                return code
            case .end:
                guard state.callsSeen == fault.number else { return SQLITE_OK }
                (state.hasStruck, state.hasEnded) = (true, true)
                return SQLITE_IOERR
            }
        }
        if code != SQLITE_OK { errno = code == SQLITE_FULL ? ENOSPC : EIO }
        return code
    }

    fileprivate var hasEnded: Bool { state.withLock { $0.hasEnded } }

    fileprivate func opens(_ name: String) {
        state.withLock { state in
            if state.files[name] != nil { return }
            state.files[name] = File(synced: FileManager.default.contents(atPath: name) ?? Data())
        }
    }

    fileprivate func writes(_ bytes: Data, at offset: Int, in name: String) {
        state.withLock { $0.files[name]?.changes.append(.write(bytes, offset: offset)) }
    }

    fileprivate func truncates(_ name: String, to size: Int) {
        state.withLock { $0.files[name]?.changes.append(.truncation(size: size)) }
    }

    fileprivate func syncs(_ name: String) { state.withLock { $0.files[name]?.sync() } }

    fileprivate func deletes(_ name: String) { state.withLock { $0.files[name] = nil } }
}

/// SQLite's default file layer (VFS) in a wrapper. It is the default itself from the first `FaultyFolder` on, and hands
/// all files outside of such folders to the one before.
private enum FaultyVFS {
    private static let folders = Mutex<[FaultyFolder]>([])
    nonisolated(unsafe) private static let real: UnsafeMutablePointer<sqlite3_vfs> = {
        guard let real = unsafe sqlite3_vfs_find(nil) else { fatalError("SQLite has no file layer") }
        return unsafe real
    }()

    static func add(_ folder: FaultyFolder) {
        precondition(isRegistered)
        folders.withLock { $0.append(folder) }
    }

    static func remove(_ folder: FaultyFolder) { folders.withLock { $0.removeAll { $0 === folder } } }

    private static func folder(of name: String) -> FaultyFolder? {
        folders.withLock { $0.first { name.hasPrefix($0.path + "/") } }
    }

    /// Threads with an armed fault do not sleep: SQLite waits for ten seconds in all before it gives up a lock in the
    /// log.
    private static let armedThreads = Mutex<Set<pthread_t>>([])

    static func setArmed(_ isArmed: Bool) {
        let thread = pthread_self()
        armedThreads.withLock { threads in
            if isArmed { threads.insert(thread) } else { threads.remove(thread) }
        }
    }

    private static var isArmed: Bool {
        let thread = pthread_self()
        return armedThreads.withLock { $0.contains(thread) }
    }

    /// For the process's life: SQLite keeps the pointer.
    private static let isRegistered: Bool = {
        let vfs = UnsafeMutablePointer<sqlite3_vfs>.allocate(capacity: 1)
        unsafe vfs.initialize(to: real.pointee)
        unsafe vfs.pointee.zName = UnsafePointer(strdup("faulty"))
        unsafe vfs.pointee.pNext = nil
        unsafe vfs.pointee.szOsFile += Int32(realOffset)
        unsafe vfs.pointee.xOpen = { _, name, file, flags, outFlags in
            unsafe FaultyVFS.open(name, file, flags, outFlags)
        }
        unsafe vfs.pointee.xDelete = { _, name, syncsFolder in
            let path = unsafe name.map { unsafe String(cString: $0) } ?? ""
            let folder = FaultyVFS.folder(of: path)
            if folder?.hasEnded == true { return IOError.delete }
            folder?.deletes(path)
            return unsafe FaultyVFS.real.pointee.xDelete(FaultyVFS.real, name, folder == nil ? syncsFolder : 0)
        }
        unsafe vfs.pointee.xSleep = { _, microseconds in
            if FaultyVFS.isArmed { return 0 }
            return unsafe FaultyVFS.real.pointee.xSleep(FaultyVFS.real, microseconds)
        }
        return unsafe sqlite3_vfs_register(vfs, 1) == SQLITE_OK
    }()

    // MARK: Files

    /// A file of ours: SQLite's header, at `ownerOffset` a reference to its `Owner`, from `realOffset` the real file.
    private static let ownerOffset = 16
    private static let realOffset = 32

    private final class Owner: Sendable {
        let folder: FaultyFolder
        let name: String

        init(folder: FaultyFolder, name: String) {
            self.folder = folder
            self.name = name
        }
    }

    private typealias FilePointer = UnsafeMutablePointer<sqlite3_file>

    private static func open(
        _ name: UnsafePointer<CChar>?, _ file: FilePointer?, _ flags: Int32, _ outFlags: UnsafeMutablePointer<Int32>?
    ) -> Int32 {
        let path = unsafe name.map { unsafe String(cString: $0) } ?? ""
        guard let folder = folder(of: path) else {
            return unsafe real.pointee.xOpen(real, name, file, flags, outFlags)
        }
        unsafe file?.pointee.pMethods = nil
        if folder.verdict(on: .open) != SQLITE_OK { return SQLITE_CANTOPEN }
        folder.opens(path)
        let code = unsafe real.pointee.xOpen(real, name, realFile(file), flags, outFlags)
        guard code == SQLITE_OK else { return code }
        let owner = unsafe Unmanaged.passRetained(Owner(folder: folder, name: path))
        unsafe UnsafeMutableRawPointer(file)?.storeBytes(
            of: owner.toOpaque(), toByteOffset: ownerOffset, as: UnsafeMutableRawPointer.self)
        unsafe file?.pointee.pMethods = methods
        return SQLITE_OK
    }

    private static func realFile(_ file: FilePointer?) -> FilePointer? {
        unsafe UnsafeMutableRawPointer(file)?.advanced(by: realOffset).assumingMemoryBound(to: sqlite3_file.self)
    }

    private static func unmanagedOwner(_ file: FilePointer?) -> Unmanaged<Owner> {
        guard
            let pointer = unsafe UnsafeMutableRawPointer(file)?.load(
                fromByteOffset: ownerOffset, as: UnsafeMutableRawPointer?.self)
        else { fatalError("SQLite passes a file that is not open") }
        return unsafe Unmanaged.fromOpaque(pointer)
    }

    private static func owner(_ file: FilePointer?) -> Owner { unsafe unmanagedOwner(file).takeUnretainedValue() }

    private static func realMethods(_ file: FilePointer?) -> sqlite3_io_methods {
        guard let methods = unsafe realFile(file)?.pointee.pMethods else { fatalError("SQLite's file has no methods") }
        return unsafe methods.pointee
    }

    private static func write(_ file: FilePointer?, _ start: UnsafeRawPointer?, _ count: Int32, _ offset: Int64)
        -> Int32
    {
        let owner = unsafe owner(file)
        let bytes = unsafe Data(UnsafeRawBufferPointer(start: start, count: Int(count)))
        let wasRunning = !owner.folder.hasEnded
        let verdict = owner.folder.verdict(on: .write)
        guard verdict == SQLITE_OK else {
            // The process ended in the middle of this one.
            if wasRunning && owner.folder.hasEnded {
                owner.folder.writes(Data(bytes.prefix(bytes.count / 2)), at: Int(offset), in: owner.name)
            }
            return verdict
        }
        let code = unsafe realMethods(file).xWrite(realFile(file), start, count, offset)
        if code == SQLITE_OK { owner.folder.writes(bytes, at: Int(offset), in: owner.name) }
        return code
    }

    /// Version 2: without the memory map of version 3, past which faults could slip.
    nonisolated(unsafe) private static let methods: UnsafePointer<sqlite3_io_methods> = {
        let methods = UnsafeMutablePointer<sqlite3_io_methods>.allocate(capacity: 1)
        unsafe methods.initialize(to: sqlite3_io_methods())
        unsafe methods.pointee.iVersion = 2
        unsafe methods.pointee.xClose = { file in
            let code = unsafe FaultyVFS.realMethods(file).xClose(FaultyVFS.realFile(file))
            unsafe FaultyVFS.unmanagedOwner(file).release()
            return code
        }
        unsafe methods.pointee.xRead = { file, start, count, offset in
            let verdict = unsafe FaultyVFS.owner(file).folder.verdict(on: .read)
            guard verdict == SQLITE_OK else { return verdict }
            return unsafe FaultyVFS.realMethods(file).xRead(FaultyVFS.realFile(file), start, count, offset)
        }
        unsafe methods.pointee.xWrite = { unsafe FaultyVFS.write($0, $1, $2, $3) }
        unsafe methods.pointee.xTruncate = { file, size in
            let owner = unsafe FaultyVFS.owner(file)
            let verdict = owner.folder.verdict(on: .truncate)
            guard verdict == SQLITE_OK else { return verdict }
            let code = unsafe FaultyVFS.realMethods(file).xTruncate(FaultyVFS.realFile(file), size)
            if code == SQLITE_OK { owner.folder.truncates(owner.name, to: Int(size)) }
            return code
        }
        unsafe methods.pointee.xSync = { file, _ in
            let owner = unsafe FaultyVFS.owner(file)
            let verdict = owner.folder.verdict(on: .sync)
            if verdict == SQLITE_OK { owner.folder.syncs(owner.name) }
            return verdict
        }
        unsafe methods.pointee.xFileSize = { file, size in
            unsafe FaultyVFS.realMethods(file).xFileSize(FaultyVFS.realFile(file), size)
        }
        unsafe methods.pointee.xLock = { file, level in
            let verdict = unsafe FaultyVFS.owner(file).folder.verdict(on: .lock)
            guard verdict == SQLITE_OK else { return verdict }
            return unsafe FaultyVFS.realMethods(file).xLock(FaultyVFS.realFile(file), level)
        }
        unsafe methods.pointee.xUnlock = { file, level in
            unsafe FaultyVFS.realMethods(file).xUnlock(FaultyVFS.realFile(file), level)
        }
        unsafe methods.pointee.xCheckReservedLock = { file, result in
            unsafe FaultyVFS.realMethods(file).xCheckReservedLock(FaultyVFS.realFile(file), result)
        }
        unsafe methods.pointee.xFileControl = { file, operation, argument in
            unsafe FaultyVFS.realMethods(file).xFileControl(FaultyVFS.realFile(file), operation, argument)
        }
        unsafe methods.pointee.xSectorSize = { file in
            unsafe FaultyVFS.realMethods(file).xSectorSize(FaultyVFS.realFile(file))
        }
        unsafe methods.pointee.xDeviceCharacteristics = { file in
            unsafe FaultyVFS.realMethods(file).xDeviceCharacteristics(FaultyVFS.realFile(file))
        }
        unsafe methods.pointee.xShmMap = { file, page, pageSize, extends, memory in
            let verdict = unsafe FaultyVFS.owner(file).folder.verdict(on: .map)
            guard verdict == SQLITE_OK else { return verdict }
            return unsafe FaultyVFS.realMethods(file).xShmMap(
                FaultyVFS.realFile(file), page, pageSize, extends, memory)
        }
        unsafe methods.pointee.xShmLock = { file, offset, count, flags in
            if flags & SQLITE_SHM_LOCK != 0 {
                let verdict = unsafe FaultyVFS.owner(file).folder.verdict(on: .lock)
                guard verdict == SQLITE_OK else { return verdict }
            }
            return unsafe FaultyVFS.realMethods(file).xShmLock(FaultyVFS.realFile(file), offset, count, flags)
        }
        unsafe methods.pointee.xShmBarrier = { file in
            unsafe FaultyVFS.realMethods(file).xShmBarrier(FaultyVFS.realFile(file))
        }
        unsafe methods.pointee.xShmUnmap = { file, deletes in
            unsafe FaultyVFS.realMethods(file).xShmUnmap(FaultyVFS.realFile(file), deletes)
        }
        return unsafe UnsafePointer(methods)
    }()
}
