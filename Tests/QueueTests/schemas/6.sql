-- What the bagq of schema 6 made, with a job, a training and a sighting in it. Never edited.
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

ALTER TABLE model ADD COLUMN precision TEXT NOT NULL DEFAULT 'fp32' CHECK (precision IN ('fp32', 'int8'));

ALTER TABLE model ADD COLUMN cancelled INTEGER NOT NULL DEFAULT 0 CHECK (cancelled IN (0, 1));

ALTER TABLE worker ADD COLUMN kinds TEXT NOT NULL DEFAULT 'classify,train';

ALTER TABLE author ADD COLUMN forgotten INTEGER NOT NULL DEFAULT 0 CHECK (forgotten IN (0, 1, 2));
CREATE INDEX author_forgotten ON author (id) WHERE forgotten = 1;
ALTER TABLE job ADD COLUMN trouble TEXT;
ALTER TABLE job ADD COLUMN trouble_boot TEXT;
ALTER TABLE job ADD COLUMN trouble_until INTEGER;
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

INSERT INTO setting VALUES ('time_zone', 'Europe/Paris'), ('author_key', x'000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f');
INSERT INTO model (id, name, number, state, active, classes, threshold, byte_count, created_at, summary) VALUES
  (1, 'luxe', 1, 'ready', 1, '["chanel","gucci","_other"]', 0.5, 3, 1600000000000, 'a model'),
  (2, 'luxe', 2, 'reserved', 0, '[]', 0, 0, 1600000000000, '');
INSERT INTO model_file VALUES (1, x'010203');
INSERT INTO job (id, kind, state, priority, name, path, model, counts_in_trends, precision, items_total, items_done, items_failed, created_at, started_at, finished_at, root) VALUES
  (1, 'classify', 'running', 0, 'pictures', CAST('/pictures' AS BLOB), 1, 1, 'auto', 3, 1, 1, 1600000000000, 1600000001000, NULL, CAST('/pictures' AS BLOB));
INSERT INTO job (id, kind, state, priority, name, path, model, options, items_total, items_done, created_at, started_at) VALUES
  (2, 'train', 'running', 0, 'luxe', CAST('/data' AS BLOB), 2, '{}', 100, 50, 1600000000000, 1600000001000);
INSERT INTO shard (job, number, first, count, state) VALUES (1, 0, 0, 0, 2), (1, 1, 0, 3, 0), (2, 0, 0, 0, 0);
INSERT INTO author (id, hash, name) VALUES (1, x'00112233445566778899aabbccddeeff', NULL);
INSERT INTO item (job, number, path, posted_at, time_source, platform, post, place, author, hashtags, mentions, likes) VALUES (1, 0, CAST('0.jpg' AS BLOB), 1600000000000, 4, 'instagram', 'p0', 0, 1, 'bag
ootd', 'CHANEL
dior', 5);
INSERT INTO item (job, number, path) VALUES (1, 1, CAST('1.jpg' AS BLOB)), (1, 2, CAST('2.jpg' AS BLOB));
INSERT INTO prediction VALUES (1, 0, 0, x'0000403f0000003e0000003e', 0, 1600000000000, 4, x'000102030405060708090a0b0c0d0e0f', 77);
INSERT INTO failure VALUES (1, 1, 'corrupt', 'it is corrupt');
INSERT INTO sighting VALUES (1, x'0102', 1600000000000, 4, 18518, 1, 7, 'instagram', 'p0', 0, 'bag
ootd', 'CHANEL
dior', 5, NULL, NULL, NULL, 0);
INSERT INTO sighting_class VALUES (1, 1, 0, 15);
INSERT INTO appearance VALUES (1, 1);
INSERT INTO trend_sum VALUES (1, 2, 18518, 0, 15, 7, 1);
INSERT INTO sighting_day VALUES (2, 18518, 1);
INSERT INTO known VALUES (1, 77, 1, 0), (1, 78, 1, 0);
INSERT INTO checkpoint VALUES (2, 1, 'portable', 'fp32', 50);
INSERT INTO checkpoint_chunk VALUES (2, 1, 0, x'0909');

PRAGMA application_id = 1650550641;
PRAGMA user_version = 6;
