import CSQLite
import Glibc
import Intake
import Queue

/// What SQLite said no with. `SQLiteStore` turns it into a `StoreError` that names the file.
struct SQLiteError: Error {
    /// An extended result code.
    var code: Int32
    var message: String
    var errno: Int32 = 0

    var primaryCode: Int32 { code & 0xFF }
}

/// One connection to one database file, with its prepared statements. Used by one thread at a time.
@safe final class Connection {
    private let handle: OpaquePointer
    private let walPagesBox: UnsafeMutablePointer<Int>
    private var statements: [String: Statement] = [:]
    private let visitor = Visitor()

    /// Pages in the write-ahead log after this connection's newest commit, its own and others'.
    var walPages: Int { unsafe walPagesBox.pointee }

    /// What is to be done with a file, which must be there.
    enum Access {
        case writing
        case reading
        /// Without a lock and without the files beside it: for who may write neither to it nor to its folder while
        /// nobody else has it open.
        case readingUnlocked
    }

    /// - busyMilliseconds: how long a locked database is tried again, every millisecond. SQLite's own handler backs
    ///   off, so that those who wait longest lose to newcomers; a constant step keeps waiting short and fair.
    init(path: Path, access: Access, busyMilliseconds: Int = 10_000) throws {
        var opened: OpaquePointer?
        let code =
            switch access {
            case .writing:
                unsafe sqlite3_open_v2(path.cString, &opened, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nil)
            case .reading:
                unsafe sqlite3_open_v2(path.cString, &opened, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, nil)
            case .readingUnlocked:
                unsafe sqlite3_open_v2(
                    "file:\(path.percentEncoded)?immutable=1", &opened,
                    SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI, nil)
            }
        guard code == SQLITE_OK, let handle = unsafe opened else {
            let error = unsafe SQLiteError(
                code: code, message: String(cString: sqlite3_errstr(code)),
                errno: opened.map { unsafe sqlite3_system_errno($0) } ?? 0)
            unsafe sqlite3_close_v2(opened)
            throw error
        }
        unsafe self.handle = handle
        unsafe walPagesBox = .allocate(capacity: 1)
        unsafe walPagesBox.initialize(to: 0)
        unsafe sqlite3_extended_result_codes(handle, 1)
        unsafe sqlite3_busy_handler(
            handle,
            { limit, tries in
                guard Int(tries) < Int(bitPattern: limit) else { return 0 }
                usleep(1000)
                return 1
            }, UnsafeMutableRawPointer(bitPattern: busyMilliseconds))
        // A hook of our own also switches SQLite's automatic checkpoints off.
        unsafe sqlite3_wal_hook(
            handle,
            { box, _, _, pages in
                unsafe box?.assumingMemoryBound(to: Int.self).pointee = Int(pages)
                return SQLITE_OK
            }, walPagesBox)
        unsafe Self.defineNames(handle)
        unsafe Self.defineVisit(handle, visitor)
    }

    /// Defines `names_brand(mentions, brand)`: whether a text's mentions, as they are stored, name the brand.
    private static func defineNames(_ handle: OpaquePointer) {
        unsafe sqlite3_create_function_v2(
            handle, "names_brand", 2, SQLITE_UTF8 | SQLITE_DETERMINISTIC, nil,
            { context, _, values in
                func text(_ index: Int) -> String? {
                    guard let value = unsafe values?[index], let start = unsafe sqlite3_value_text(value) else {
                        return nil
                    }
                    return unsafe String(cString: start)
                }
                let isNamed =
                    if let mentions = text(0), let brand = text(1) {
                        names(mentions.split(separator: "\n").map(String.init), brand: brand)
                    } else { false }
                unsafe sqlite3_result_int(context, isNamed ? 1 : 0)
            }, nil, nil, nil)
    }

    /// What `visit(…)` calls.
    private final class Visitor {
        var body: ((Values) -> Void)?
    }

    /// Defines `visit(value, …)`: see the method.
    private static func defineVisit(_ handle: OpaquePointer, _ visitor: Visitor) {
        unsafe sqlite3_create_function_v2(
            handle, "visit", -1, SQLITE_UTF8 | SQLITE_DIRECTONLY, Unmanaged.passUnretained(visitor).toOpaque(),
            { context, count, values in
                guard let visitor = unsafe sqlite3_user_data(context), let values = unsafe values else { return }
                unsafe Unmanaged<Visitor>.fromOpaque(visitor)._withUnsafeGuaranteedRef {
                    unsafe $0.body?(Values(UnsafeBufferPointer(start: values, count: Int(count))))
                }
            }, nil, nil, nil)
    }

    /// Runs a query that has `visit(value, …)` among its conditions. Of each row for which the others hold that one,
    /// which holds for none, gives `body` its values. So wide rows take half as long as by `forEach`, which asks SQLite
    /// for each value by itself.
    func visit(_ sql: String, _ values: any Bindable..., body: (Values) -> Void) throws {
        try visit(sql, values, body: body)
    }

    func visit(_ sql: String, _ values: [any Bindable], body: (Values) -> Void) throws {
        try withoutActuallyEscaping(body) { body in
            visitor.body = body
            defer { visitor.body = nil }
            try prepare(sql).run(binding: values)
        }
    }

    deinit {
        statements.removeAll()
        unsafe sqlite3_close_v2(handle)
        unsafe walPagesBox.deallocate()
    }

    /// The statement for `sql`, compiled at its first use.
    func prepare(_ sql: String) throws -> Statement {
        if let statement = statements[sql] { return statement }
        var compiled: OpaquePointer?
        let code = unsafe sqlite3_prepare_v3(handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &compiled, nil)
        guard code == SQLITE_OK, let compiled = unsafe compiled else { throw failure(code) }
        let statement = unsafe Statement(compiled, connection: self)
        statements[sql] = statement
        return statement
    }

    /// Runs a statement that returns no rows, and says how many rows it changed.
    @discardableResult
    func run(_ sql: String, _ values: any Bindable...) throws -> Int {
        try prepare(sql).run(binding: values)
    }

    func rows<T>(_ sql: String, _ values: any Bindable..., map: (Row) throws -> T) throws -> [T] {
        try prepare(sql).rows(binding: values, map: map)
    }

    /// The first row, if there is any.
    func row<T>(_ sql: String, _ values: any Bindable..., map: (Row) throws -> T) throws -> T? {
        try prepare(sql).rows(binding: values, map: map).first
    }

    /// Runs statements that take no values, separated by semicolons.
    func execute(_ sql: String) throws {
        let code = unsafe sqlite3_exec(handle, sql, nil, nil, nil)
        guard code == SQLITE_OK else { throw failure(code) }
    }

    /// Kept in the file: only one in another journal mode, which came from elsewhere, is changed.
    func enterWAL() throws {
        let mode = try row("PRAGMA journal_mode = WAL") { $0.text(0) }
        guard mode == "wal" else { throw failure(SQLITE_BUSY) }
    }

    /// What is sorted goes to temporary files once it is large: for who counts all sightings, outside of a transaction.
    func sortOnDisk() throws { try execute("PRAGMA temp_store = FILE") }

    var isInTransaction: Bool { unsafe sqlite3_get_autocommit(handle) == 0 }
    var lastInsertedRow: Int64 { unsafe sqlite3_last_insert_rowid(handle) }
    fileprivate var changes: Int { Int(unsafe sqlite3_changes64(handle)) }

    /// The first bytes of a blob that has at least so many; what lies behind them is not read.
    func blob(_ column: String, in table: String, row: Int64, upTo count: Int) throws -> [UInt8] {
        var blob: OpaquePointer?
        let opened = unsafe sqlite3_blob_open(handle, "main", table, column, row, 0, &blob)
        guard opened == SQLITE_OK else { throw failure(opened) }
        defer { unsafe sqlite3_blob_close(blob) }
        var bytes = [UInt8](repeating: 0, count: count)
        let read = unsafe bytes.withUnsafeMutableBytes { bytes in
            unsafe sqlite3_blob_read(blob, bytes.baseAddress, Int32(count), 0)
        }
        guard read == SQLITE_OK else { throw failure(read) }
        return bytes
    }

    fileprivate func failure(_ code: Int32) -> SQLiteError {
        unsafe SQLiteError(
            code: code, message: String(cString: sqlite3_errmsg(handle)), errno: sqlite3_system_errno(handle))
    }
}

extension Path {
    /// For a URI.
    fileprivate var percentEncoded: String {
        bytes.map { byte in
            let scalar = Unicode.Scalar(byte)
            let isPlain =
                scalar.properties.isAlphabetic && scalar.isASCII || "/0123456789._-".unicodeScalars.contains(scalar)
            return isPlain ? String(scalar) : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
        }.joined()
    }
}

/// A compiled statement. It is reset before any call returns, so none holds a snapshot or a lock.
@safe final class Statement {
    private let handle: OpaquePointer
    private unowned let connection: Connection

    fileprivate init(_ handle: OpaquePointer, connection: Connection) {
        unsafe self.handle = handle
        self.connection = connection
    }

    deinit { unsafe sqlite3_finalize(handle) }

    @discardableResult
    func run(_ values: any Bindable...) throws -> Int { try run(binding: values) }

    @discardableResult
    func run(binding values: [any Bindable]) throws -> Int {
        try forEach(binding: values) { _ in }
        return connection.changes
    }

    func rows<T>(_ values: any Bindable..., map: (Row) throws -> T) throws -> [T] {
        try rows(binding: values, map: map)
    }

    func rows<T>(binding values: [any Bindable], map: (Row) throws -> T) throws -> [T] {
        var result: [T] = []
        try forEach(binding: values) { result.append(try map($0)) }
        return result
    }

    func forEach(_ values: any Bindable..., body: (Row) throws -> Void) throws {
        try forEach(binding: values, body)
    }

    func forEach(binding values: [any Bindable], _ body: (Row) throws -> Void) throws {
        defer {
            unsafe sqlite3_reset(handle)
            // Else a model's bytes would stay in memory for as long as the statement does.
            unsafe sqlite3_clear_bindings(handle)
        }
        for (index, value) in values.enumerated() {
            let code = value.bind(to: self, at: Int32(index + 1))
            guard code == SQLITE_OK else { throw connection.failure(code) }
        }
        while true {
            switch unsafe sqlite3_step(handle) {
            case SQLITE_ROW: try body(Row(statement: self))
            case SQLITE_DONE: return
            case let code: throw connection.failure(code)
            }
        }
    }

    fileprivate func bindNull(_ index: Int32) -> Int32 { unsafe sqlite3_bind_null(handle, index) }
    fileprivate func bind(_ value: Int64, _ index: Int32) -> Int32 { unsafe sqlite3_bind_int64(handle, index, value) }
    fileprivate func bind(_ value: Double, _ index: Int32) -> Int32 { unsafe sqlite3_bind_double(handle, index, value) }

    fileprivate func bind(_ value: String, _ index: Int32) -> Int32 {
        unsafe sqlite3_bind_text64(
            handle, index, value, UInt64(value.utf8.count), Self.copied, UInt8(SQLITE_UTF8))
    }

    fileprivate func bind(_ value: [UInt8], _ index: Int32) -> Int32 {
        guard !value.isEmpty else { return unsafe sqlite3_bind_zeroblob(handle, index, 0) }
        return unsafe value.withUnsafeBytes { bytes in
            unsafe sqlite3_bind_blob64(handle, index, bytes.baseAddress, UInt64(bytes.count), Self.copied)
        }
    }

    /// SQLITE_TRANSIENT: SQLite keeps a copy of its own.
    private static var copied: sqlite3_destructor_type { unsafe unsafeBitCast(-1, to: sqlite3_destructor_type.self) }

    fileprivate func isNull(_ column: Int) -> Bool {
        unsafe sqlite3_column_type(handle, Int32(column)) == SQLITE_NULL
    }
    fileprivate func integer(_ column: Int) -> Int64 { unsafe sqlite3_column_int64(handle, Int32(column)) }
    fileprivate func double(_ column: Int) -> Double { unsafe sqlite3_column_double(handle, Int32(column)) }

    fileprivate func bytes(_ column: Int) -> [UInt8] {
        guard let start = unsafe sqlite3_column_blob(handle, Int32(column)) else { return [] }
        let count = unsafe Int(sqlite3_column_bytes(handle, Int32(column)))
        return unsafe Array(UnsafeRawBufferPointer(start: start, count: count))
    }

    fileprivate func combine(_ column: Int, into hasher: inout Hasher) {
        let start = unsafe sqlite3_column_blob(handle, Int32(column))
        let count = unsafe Int(sqlite3_column_bytes(handle, Int32(column)))
        unsafe hasher.combine(bytes: UnsafeRawBufferPointer(start: start, count: count))
        hasher.combine(count)
    }
}

/// The row a statement stands on; only to be read inside the closure that is given it.
struct Row {
    fileprivate let statement: Statement

    func int(_ column: Int) -> Int { Int(statement.integer(column)) }
    func bool(_ column: Int) -> Bool { statement.integer(column) != 0 }
    func double(_ column: Int) -> Double { statement.double(column) }
    func bytes(_ column: Int) -> [UInt8] { statement.bytes(column) }
    func text(_ column: Int) -> String { String(decoding: statement.bytes(column), as: UTF8.self) }
    /// With its length, so that the next column does not run into it.
    func combine(_ column: Int, into hasher: inout Hasher) { statement.combine(column, into: &hasher) }
    func isNull(_ column: Int) -> Bool { statement.isNull(column) }

    func optionalInt(_ column: Int) -> Int? { statement.isNull(column) ? nil : int(column) }
    func optionalDouble(_ column: Int) -> Double? { statement.isNull(column) ? nil : double(column) }
    func optionalBytes(_ column: Int) -> [UInt8]? { statement.isNull(column) ? nil : bytes(column) }
    func optionalText(_ column: Int) -> String? { statement.isNull(column) ? nil : text(column) }
}

/// What `visit(…)` was given for a row; only to be read inside the closure that is given it.
@safe struct Values {
    private let values: UnsafeBufferPointer<OpaquePointer?>

    fileprivate init(_ values: UnsafeBufferPointer<OpaquePointer?>) { unsafe self.values = unsafe values }

    func int(_ index: Int) -> Int { Int(unsafe sqlite3_value_int64(values[index])) }
}

/// A value that a statement takes.
protocol Bindable {
    func bind(to statement: Statement, at index: Int32) -> Int32
}

extension Int: Bindable {
    func bind(to statement: Statement, at index: Int32) -> Int32 { statement.bind(Int64(self), index) }
}
extension Int64: Bindable {
    func bind(to statement: Statement, at index: Int32) -> Int32 { statement.bind(self, index) }
}
extension Bool: Bindable {
    func bind(to statement: Statement, at index: Int32) -> Int32 { statement.bind(self ? 1 : 0 as Int64, index) }
}
extension Double: Bindable {
    func bind(to statement: Statement, at index: Int32) -> Int32 { statement.bind(self, index) }
}
extension String: Bindable {
    func bind(to statement: Statement, at index: Int32) -> Int32 { statement.bind(self, index) }
}
extension [UInt8]: Bindable {
    func bind(to statement: Statement, at index: Int32) -> Int32 { statement.bind(self, index) }
}
extension Optional: Bindable where Wrapped: Bindable {
    func bind(to statement: Statement, at index: Int32) -> Int32 {
        self?.bind(to: statement, at: index) ?? statement.bindNull(index)
    }
}
