/// Queries on paths so common that the tests look at their plans; each stands in the file of its call.
enum Queries {}

/// The database's shape, as the steps that led to it. A step is never edited once released: a change is a new step at
/// the end. `user_version` counts the steps taken. Workers of the bagq before end when they find a new step, and give
/// back what they hold: leave them `worker.id` and the columns of `shard` that `release` and `leave` write.
enum Schema {
    /// Marks a file as ours: "bagq" in ASCII.
    static let applicationID = 0x6261_6771
    static var version: Int { migrations.count }

    static let migrations = [first, modelPrecision, modelCancelled, workerKinds, troubles, posts, trends + reviews]

    /// What predictions are made with unless a job asks for something else: `fp32` or `int8`.
    private static let modelPrecision = """
        ALTER TABLE model ADD COLUMN precision TEXT NOT NULL DEFAULT 'fp32' CHECK (precision IN ('fp32', 'int8'));
        """

    /// Whether a failed model's training was cancelled: the check on `state` cannot be changed in place.
    private static let modelCancelled = """
        ALTER TABLE model ADD COLUMN cancelled INTEGER NOT NULL DEFAULT 0 CHECK (cancelled IN (0, 1));
        """

    /// What kinds of jobs a worker takes, joined by commas.
    private static let workerKinds = """
        ALTER TABLE worker ADD COLUMN kinds TEXT NOT NULL DEFAULT 'classify,train';
        """

    /// Whether an author's sightings are to go (1) or have gone (2); what keeps a job from being worked on, and until
    /// when by the clock of leases nobody tries.
    private static let troubles = """
        ALTER TABLE author ADD COLUMN forgotten INTEGER NOT NULL DEFAULT 0 CHECK (forgotten IN (0, 1, 2));
        CREATE INDEX author_forgotten ON author (id) WHERE forgotten = 1;
        ALTER TABLE job ADD COLUMN trouble TEXT;
        ALTER TABLE job ADD COLUMN trouble_boot TEXT;
        ALTER TABLE job ADD COLUMN trouble_until INTEGER;
        """

    /// Which item of a job showed a sighting first (null where a bagq of an earlier schema recorded it), and what
    /// people said of sightings that were drawn for them.
    ///
    /// - `strengths`: the sum of 2 to the power of each
    /// - `stratum`, `truth`: a class's index; -1 unsure, or none of the model's brands.
    ///   A class `_other` stands for other.
    private static let reviews = """
        ALTER TABLE appearance ADD COLUMN number INTEGER;
        CREATE TABLE review_sample (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            model INTEGER NOT NULL REFERENCES model,
            first_day INTEGER NOT NULL,
            end_day INTEGER NOT NULL,
            strengths INTEGER NOT NULL,
            threshold REAL NOT NULL,
            job INTEGER,
            created_at INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX review_sample_model ON review_sample (model);
        CREATE TABLE review (
            sample INTEGER NOT NULL REFERENCES review_sample,
            sighting INTEGER NOT NULL REFERENCES sighting ON DELETE CASCADE,
            stratum INTEGER NOT NULL,
            truth INTEGER,
            PRIMARY KEY (sample, sighting)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX review_sighting ON review (sighting);
        """

    /// Sums by what the text says of the brand, with a column for each author group: long windows are read row by row,
    /// and 20 times as many would take 20 times as long. Sightings by their date.
    ///
    /// - `has_text`: whether the post has a text
    /// - `text`: 0 none is known, 1 it does not name the brand, 2 it does
    private static let trends = """
        ALTER TABLE item ADD COLUMN has_text INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE sighting ADD COLUMN has_text INTEGER NOT NULL DEFAULT 0;
        CREATE INDEX sighting_date ON sighting (min(time_source, 2), day);
        DROP TABLE trend_sum;
        CREATE TABLE trend_sum (
            model INTEGER NOT NULL REFERENCES model,
            strength INTEGER NOT NULL,
            day INTEGER NOT NULL,
            brand INTEGER NOT NULL,
            step INTEGER NOT NULL,
            text INTEGER NOT NULL,
            \(Queries.groups.map { "\($0) INTEGER NOT NULL" }.joined(separator: ", ")),
            PRIMARY KEY (model, strength, day, brand, step, text),
            CHECK (min(\(Queries.groups.joined(separator: ", "))) >= 0)
        ) STRICT, WITHOUT ROWID;
        INSERT INTO trend_sum \(Queries.recount());
        """

    /// What posts say beside their time, author and id; slices of files; and which pictures a model has classified.
    ///
    /// - `hashtags`, `mentions`: one a line, null for none
    /// - `item.role`: 0 picture, 1 thumbnail, 2 profile
    /// - `slice_*`: null for a whole file
    /// - `job.takes_known`: whether the model had classified anything when the listing began
    /// - `known`: for a hash of what a picture is known by (see `KnownKeys`) the newest item with that prediction;
    ///   `prediction.stamp_key` is the one by its file's stamp
    private static let posts = """
        ALTER TABLE job ADD COLUMN root BLOB;
        ALTER TABLE job ADD COLUMN takes_known INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE job ADD COLUMN items_earlier INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE item ADD COLUMN slice_offset INTEGER;
        ALTER TABLE item ADD COLUMN slice_length INTEGER;
        ALTER TABLE item ADD COLUMN slice_name BLOB;
        ALTER TABLE item ADD COLUMN hashtags TEXT;
        ALTER TABLE item ADD COLUMN mentions TEXT;
        ALTER TABLE item ADD COLUMN likes INTEGER;
        ALTER TABLE item ADD COLUMN comments INTEGER;
        ALTER TABLE item ADD COLUMN shares INTEGER;
        ALTER TABLE item ADD COLUMN views INTEGER;
        ALTER TABLE item ADD COLUMN is_repost INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE item ADD COLUMN role INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE prediction ADD COLUMN fingerprint BLOB;
        ALTER TABLE prediction ADD COLUMN stamp_key INTEGER;
        ALTER TABLE sighting ADD COLUMN platform TEXT;
        ALTER TABLE sighting ADD COLUMN post TEXT;
        ALTER TABLE sighting ADD COLUMN place INTEGER;
        ALTER TABLE sighting ADD COLUMN hashtags TEXT;
        ALTER TABLE sighting ADD COLUMN mentions TEXT;
        ALTER TABLE sighting ADD COLUMN likes INTEGER;
        ALTER TABLE sighting ADD COLUMN comments INTEGER;
        ALTER TABLE sighting ADD COLUMN shares INTEGER;
        ALTER TABLE sighting ADD COLUMN views INTEGER;
        ALTER TABLE sighting ADD COLUMN is_repost INTEGER NOT NULL DEFAULT 0;
        CREATE TABLE known (
            model INTEGER NOT NULL,
            key INTEGER NOT NULL,
            job INTEGER NOT NULL,
            number INTEGER NOT NULL,
            PRIMARY KEY (model, key)
        ) STRICT, WITHOUT ROWID;
        """

    /// Small integers stand for words where rows are many:
    /// - `shard.state`: 0 open, 1 claimed, 2 done, 3 failed
    /// - `time_source`: 0 none, 1 mtime, 2 exif, 3 name, 4 id, 5 manifest, 6 sidecar; more is stronger
    /// - `strength`: 0 undated, 1 weak, 2 strong; `min(time_source, 2)`
    ///
    /// Shard 0 of a classifying job is its listing, shard 0 of a training job the training; shards of items follow
    /// from 1.
    private static let first = """
        CREATE TABLE setting (
            name TEXT PRIMARY KEY,
            value ANY NOT NULL
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE model (
            id INTEGER PRIMARY KEY,
            name TEXT NOT NULL,
            number INTEGER NOT NULL CHECK (number > 0),
            -- A removed model keeps its row, so that its number is not used again and old results keep their brands.
            state TEXT NOT NULL CHECK (state IN ('reserved', 'ready', 'failed', 'removed')),
            active INTEGER NOT NULL DEFAULT 0 CHECK (active = 0 OR (active = 1 AND state = 'ready')),
            classes TEXT NOT NULL DEFAULT '[]',
            threshold REAL NOT NULL DEFAULT 0,
            byte_count INTEGER NOT NULL DEFAULT 0,
            created_at INTEGER NOT NULL,
            summary TEXT NOT NULL DEFAULT '',
            UNIQUE (name, number)
        ) STRICT;
        CREATE UNIQUE INDEX model_active ON model (active) WHERE active = 1;

        CREATE TABLE model_file (
            model INTEGER PRIMARY KEY REFERENCES model,
            data BLOB NOT NULL
        ) STRICT;

        CREATE TABLE job (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            kind TEXT NOT NULL CHECK (kind IN ('classify', 'train')),
            -- A forgotten job is no longer shown; what it left is being deleted.
            state TEXT NOT NULL
                CHECK (state IN ('waiting', 'running', 'paused', 'done', 'failed', 'cancelled', 'forgotten')),
            priority INTEGER NOT NULL,
            name TEXT NOT NULL,
            path BLOB NOT NULL,
            model INTEGER NOT NULL REFERENCES model,
            counts_in_trends INTEGER NOT NULL DEFAULT 0,
            precision TEXT NOT NULL DEFAULT '',
            options TEXT NOT NULL DEFAULT '',
            cursor BLOB,
            left_out TEXT NOT NULL DEFAULT '{}',
            items_total INTEGER,
            items_done INTEGER NOT NULL DEFAULT 0,
            items_failed INTEGER NOT NULL DEFAULT 0,
            created_at INTEGER NOT NULL,
            started_at INTEGER,
            finished_at INTEGER,
            error TEXT,
            CHECK ((finished_at IS NULL) = (state IN ('waiting', 'running', 'paused'))),
            CHECK (state <> 'waiting' OR started_at IS NULL),
            CHECK (state <> 'running' OR started_at IS NOT NULL)
        ) STRICT;
        CREATE INDEX job_live ON job (priority DESC, id) WHERE state IN ('waiting', 'running');
        CREATE INDEX job_unfinished ON job (id) WHERE finished_at IS NULL;
        CREATE INDEX job_forgotten ON job (id) WHERE state = 'forgotten';

        CREATE TABLE worker (
            id TEXT PRIMARY KEY,
            name TEXT NOT NULL,
            host TEXT NOT NULL,
            pid INTEGER NOT NULL,
            state TEXT NOT NULL,
            job INTEGER,
            rate REAL,
            heartbeat_at INTEGER NOT NULL,
            boot TEXT NOT NULL,
            lease_until INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE shard (
            job INTEGER NOT NULL REFERENCES job,
            number INTEGER NOT NULL,
            first INTEGER NOT NULL DEFAULT 0,
            count INTEGER NOT NULL DEFAULT 0 CHECK (count BETWEEN 0 AND 256),
            state INTEGER NOT NULL DEFAULT 0 CHECK (state BETWEEN 0 AND 3),
            worker TEXT,
            -- Grows by one at each claim; with the worker it fences every write.
            attempt INTEGER NOT NULL DEFAULT 0,
            boot TEXT,
            -- Milliseconds of CLOCK_BOOTTIME in that boot.
            lease_until INTEGER,
            -- Claims that ended by an expired lease since something was last done.
            fruitless INTEGER NOT NULL DEFAULT 0,
            -- The item a cautious worker wrote down, in which attempt, and how many workers died on it alone.
            suspect INTEGER,
            suspect_attempt INTEGER,
            deaths INTEGER NOT NULL DEFAULT 0,
            PRIMARY KEY (job, number),
            CHECK ((state = 1) = (worker IS NOT NULL)),
            CHECK ((state = 1) = (lease_until IS NOT NULL AND boot IS NOT NULL))
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX shard_open ON shard (job, number) WHERE state = 0;
        CREATE INDEX shard_claimed ON shard (job, number) WHERE state = 1;

        CREATE TABLE author (
            id INTEGER PRIMARY KEY,
            hash BLOB NOT NULL UNIQUE,
            -- Only where the setting asks for plain names.
            name TEXT
        ) STRICT;

        CREATE TABLE item (
            job INTEGER NOT NULL REFERENCES job,
            number INTEGER NOT NULL,
            path BLOB NOT NULL,
            posted_at INTEGER,
            time_source INTEGER,
            platform TEXT,
            post TEXT,
            place INTEGER,
            author INTEGER REFERENCES author,
            PRIMARY KEY (job, number)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE prediction (
            job INTEGER NOT NULL,
            number INTEGER NOT NULL,
            brand INTEGER NOT NULL,
            -- Little-endian Float32, of all classes.
            probabilities BLOB NOT NULL,
            flags INTEGER NOT NULL,
            posted_at INTEGER,
            time_source INTEGER,
            PRIMARY KEY (job, number),
            FOREIGN KEY (job, number) REFERENCES item ON DELETE CASCADE
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE failure (
            job INTEGER NOT NULL,
            number INTEGER NOT NULL,
            reason TEXT NOT NULL,
            message TEXT NOT NULL,
            PRIMARY KEY (job, number),
            FOREIGN KEY (job, number) REFERENCES item ON DELETE CASCADE
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE sighting (
            id INTEGER PRIMARY KEY,
            identity BLOB NOT NULL UNIQUE,
            posted_at INTEGER,
            time_source INTEGER NOT NULL,
            -- Days since 1970-01-01 in the database's time zone; 0 where undated.
            day INTEGER NOT NULL,
            author INTEGER REFERENCES author,
            author_group INTEGER NOT NULL CHECK (author_group BETWEEN 0 AND 19)
        ) STRICT;

        CREATE TABLE sighting_class (
            sighting INTEGER NOT NULL REFERENCES sighting ON DELETE CASCADE,
            model INTEGER NOT NULL REFERENCES model,
            brand INTEGER NOT NULL,
            step INTEGER NOT NULL CHECK (step BETWEEN 0 AND 20),
            PRIMARY KEY (sighting, model)
        ) STRICT, WITHOUT ROWID;

        -- Which jobs showed a sighting.
        CREATE TABLE appearance (
            job INTEGER NOT NULL REFERENCES job,
            sighting INTEGER NOT NULL REFERENCES sighting ON DELETE CASCADE,
            PRIMARY KEY (job, sighting)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX appearance_sighting ON appearance (sighting);

        CREATE TABLE trend_sum (
            model INTEGER NOT NULL REFERENCES model,
            strength INTEGER NOT NULL,
            day INTEGER NOT NULL,
            brand INTEGER NOT NULL,
            step INTEGER NOT NULL,
            author_group INTEGER NOT NULL,
            count INTEGER NOT NULL CHECK (count >= 0),
            PRIMARY KEY (model, strength, day, brand, step, author_group)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE sighting_day (
            strength INTEGER NOT NULL,
            day INTEGER NOT NULL,
            count INTEGER NOT NULL CHECK (count >= 0),
            PRIMARY KEY (strength, day)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE checkpoint (
            job INTEGER PRIMARY KEY REFERENCES job,
            generation INTEGER NOT NULL,
            kernel_level TEXT NOT NULL,
            precision TEXT NOT NULL,
            items_done INTEGER NOT NULL
        ) STRICT;

        -- Chunks of another generation than the checkpoint's were left by a save that did not end.
        CREATE TABLE checkpoint_chunk (
            job INTEGER NOT NULL REFERENCES job,
            generation INTEGER NOT NULL,
            number INTEGER NOT NULL,
            data BLOB NOT NULL,
            UNIQUE (job, generation, number)
        ) STRICT;
        """
}
