-- A message queue: partial and unique indexes do the work, an ON CONFLICT in
-- the table decides what happens, RANDOM ROWID is libSQL's.
CREATE TABLE queue (
  name TEXT NOT NULL,
  paused INTEGER NOT NULL DEFAULT FALSE,
  "limit" INTEGER DEFAULT 0x7FFFFFFF,
  PRIMARY KEY (name) ON CONFLICT REPLACE
);
CREATE TABLE job (
  id INTEGER PRIMARY KEY,
  queue TEXT NOT NULL REFERENCES queue ON DELETE CASCADE,
  state TEXT NOT NULL DEFAULT 'ready' CHECK (state IN ('ready', 'running', 'done', 'dead')),
  priority INTEGER NOT NULL DEFAULT 0,
  run_at REAL NOT NULL DEFAULT (julianday('2024-01-01')),
  attempts INTEGER NOT NULL DEFAULT 0,
  payload BLOB NOT NULL,
  unique_key TEXT,
  worker TEXT,
  CHECK ((state = 'running') = (worker IS NOT NULL)),
  CHECK (attempts <= 25) ON CONFLICT FAIL
);
CREATE TABLE heartbeat (worker TEXT NOT NULL UNIQUE ON CONFLICT REPLACE, at INTEGER) RANDOM ROWID;
CREATE TABLE counter (n INTEGER NOT NULL ON CONFLICT IGNORE);
CREATE INDEX job_ready ON job (queue, priority DESC, run_at, id) WHERE state = 'ready';
CREATE INDEX job_running ON job (worker) WHERE state = 'running';
CREATE UNIQUE INDEX job_unique ON job (queue, unique_key) WHERE unique_key IS NOT NULL AND state IN ('ready', 'running');
CREATE UNIQUE INDEX job_one_urgent ON job (queue) WHERE priority >= 100 AND state <> 'done' AND state IS NOT 'dead';
CREATE TRIGGER job_attempt AFTER UPDATE OF state ON job WHEN new.state = 'running' AND old.state <> 'running' BEGIN
  UPDATE job SET attempts = attempts + 1 WHERE id = new.id;
  REPLACE INTO heartbeat(rowid, worker, at) VALUES (new.id, new.worker, 0);
END;
CREATE TRIGGER job_dead AFTER UPDATE OF attempts ON job WHEN new.attempts >= 3 BEGIN
  UPDATE OR IGNORE job SET state = 'dead', worker = NULL WHERE id = new.id;
END;
CREATE TRIGGER job_paused BEFORE INSERT ON job WHEN EXISTS (SELECT 1 FROM queue WHERE name = new.queue AND paused) BEGIN
  SELECT raise(ROLLBACK, 'the queue is paused');
END;
CREATE VIEW next_job AS SELECT * FROM (SELECT id, queue, payload, rank() OVER w AS place FROM job WHERE state = 'ready' WINDOW w AS (PARTITION BY queue ORDER BY priority DESC, run_at, id)) WHERE place = 1;
INSERT INTO queue VALUES ('mail', 0, 10), ('video', 1, NULL);
INSERT INTO job(id, queue, state, priority, payload, unique_key, worker, attempts) VALUES (1, 'mail', 'ready', 0, '{"to":1}', 'welcome:1', NULL, 0), (2, 'mail', 'ready', 100, x'82a2746f02', NULL, NULL, 1), (3, 'mail', 'done', 100, '', 'welcome:1', NULL, 1), (7, 'mail', 'running', 0, x'', 'welcome:2', 'w1', 2), (8, 'mail', 'dead', 0, 'null', 'welcome:1', NULL, 25);
INSERT INTO heartbeat(rowid, worker, at) VALUES (7046029254386353131, 'w1', 1), (12, 'w2', 2);
INSERT INTO counter VALUES (1), (NULL), (3);
