import CSQLite
import Intake

/// Another program's hands on a database file.
@safe final class RawDatabase {
    private var handle: OpaquePointer?

    init(_ path: Path) throws {
        try check(unsafe sqlite3_open(path.cString, &handle))
    }

    /// Takes a database back to what the first bagq made.
    static let toTheFirstSchema =
        """
        DROP TABLE review; DROP TABLE review_sample; ALTER TABLE appearance DROP COLUMN number;
        DROP TABLE known; DROP INDEX sighting_date; DROP TABLE trend_sum;
        CREATE TABLE trend_sum (
            model INTEGER NOT NULL REFERENCES model, strength INTEGER NOT NULL, day INTEGER NOT NULL,
            brand INTEGER NOT NULL, step INTEGER NOT NULL, author_group INTEGER NOT NULL, count INTEGER NOT NULL,
            PRIMARY KEY (model, strength, day, brand, step, author_group)
        ) STRICT, WITHOUT ROWID;
        ALTER TABLE model DROP COLUMN precision; ALTER TABLE model DROP COLUMN cancelled;
        ALTER TABLE worker DROP COLUMN kinds; DROP INDEX author_forgotten; ALTER TABLE author DROP COLUMN forgotten;
        ALTER TABLE job DROP COLUMN trouble; ALTER TABLE job DROP COLUMN trouble_boot;
        ALTER TABLE job DROP COLUMN trouble_until; PRAGMA user_version = 1;
        """
        + ofPosts.flatMap { table, columns in
            columns.split(separator: " ").map { "ALTER TABLE \(table) DROP COLUMN \($0);" }
        }.joined()

    private static let ofPosts: [(table: String, columns: String)] = [
        ("job", "root takes_known items_earlier"), ("prediction", "fingerprint stamp_key"),
        ("item", "slice_offset slice_length slice_name role"), ("sighting", "platform post place"),
        ("item", "has_text hashtags mentions likes comments shares views is_repost"),
        ("sighting", "has_text hashtags mentions likes comments shares views is_repost"),
    ]

    deinit { unsafe sqlite3_close_v2(handle) }

    func execute(_ sql: String) throws { try check(unsafe sqlite3_exec(handle, sql, nil, nil, nil)) }

    /// The first column of every row, as text.
    func column(_ sql: String, _ index: Int32 = 0) throws -> [String] {
        var statement: OpaquePointer?
        try check(unsafe sqlite3_prepare_v2(handle, sql, -1, &statement, nil))
        defer { unsafe sqlite3_finalize(statement) }
        var rows: [String] = []
        while unsafe sqlite3_step(statement) == SQLITE_ROW {
            rows.append(unsafe sqlite3_column_text(statement, index).map { unsafe String(cString: $0) } ?? "")
        }
        return rows
    }

    private func check(_ code: Int32) throws {
        if code != SQLITE_OK { throw RawError(message: unsafe String(cString: sqlite3_errmsg(handle))) }
    }

    struct RawError: Error { var message: String }
}
