-- Measurements in STRICT tables, with and without rowid: every type that such
-- a table knows.
CREATE TABLE sensor (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  serial TEXT NOT NULL UNIQUE,
  gain REAL NOT NULL DEFAULT 1.0,
  calib BLOB,
  extra ANY
) STRICT;
CREATE TABLE reading (
  sensor INTEGER NOT NULL REFERENCES sensor(id) ON DELETE CASCADE,
  at INT NOT NULL,
  value REAL,
  quality INTEGER NOT NULL DEFAULT -1 CHECK (quality BETWEEN -1 AND 100),
  raw ANY,
  scaled REAL AS (value * 10) VIRTUAL,
  PRIMARY KEY (sensor, at DESC)
) WITHOUT ROWID, STRICT;
CREATE TABLE unit (
  "code" TEXT COLLATE NOCASE PRIMARY KEY,
  "factor" REAL DEFAULT (1.0 / 3)
) STRICT, WITHOUT ROWID;
CREATE TABLE state (k TEXT, v ANY, PRIMARY KEY (k)) strict;
CREATE INDEX reading_at ON reading (at, value) WHERE quality <> -1;
CREATE INDEX reading_scaled ON reading (scaled);
CREATE TRIGGER reading_range BEFORE INSERT ON reading WHEN abs(new.value) > 1e6 BEGIN
  SELECT RAISE(FAIL, 'out of range');
END;
CREATE TRIGGER reading_last AFTER INSERT ON reading BEGIN
  INSERT INTO state VALUES ('last:' || new.sensor, new.raw) ON CONFLICT DO UPDATE SET v = excluded.v;
  INSERT INTO state VALUES ('count', 1) ON CONFLICT (k) DO UPDATE SET v = v + 1 ON CONFLICT DO NOTHING;
END;
CREATE VIEW daily AS SELECT sensor, date(at, 'unixepoch') AS day, min(value) AS low, max(value) AS high, avg(scaled) FILTER (WHERE quality >= 0) AS mean, first_value(raw) OVER (PARTITION BY sensor ORDER BY at DESC GROUPS BETWEEN 1 PRECEDING AND 1 FOLLOWING EXCLUDE TIES) AS raw FROM reading GROUP BY 1, 2;
INSERT INTO sensor VALUES (1, 'T-1', 1.5, x'000102', '1'), (2, 'T-2', 1, NULL, 1), (5, 'H-1', -0.25, x'', 1.0);
INSERT INTO reading(sensor, at, value, quality, raw) VALUES (1, 1704067200, 20.5, 100, x'ff'), (1, 1704067260, 20, 99, '20'), (2, 1704067200, NULL, -1, NULL), (5, -1, 1e6, 0, 9007199254740993);
INSERT INTO unit VALUES ('K', 1), ('°C', 1), ('F', 0.5555555555555556);
DELETE FROM sensor WHERE id = 5;
ANALYZE;
