-- Passages of text for a search by meaning: libSQL's vector types and indexes,
-- beside FTS5 over the same rows.
CREATE TABLE document (id INTEGER PRIMARY KEY, uri TEXT NOT NULL UNIQUE, lang TEXT NOT NULL DEFAULT 'en');
CREATE TABLE passage (
  id INTEGER PRIMARY KEY,
  document INTEGER NOT NULL REFERENCES document (id) ON DELETE CASCADE,
  n INTEGER NOT NULL DEFAULT 0,
  body TEXT NOT NULL,
  embedding F32_BLOB(4), -- of the body
  small FLOAT8(4) CHECK (small IS NULL OR typeof(small) = 'blob'),
  tokens INTEGER
);
CREATE TABLE face (name TEXT PRIMARY KEY, seen INTEGER, v FLOAT64(3)) WITHOUT ROWID;
CREATE TABLE shape (name TEXT, v F32_BLOB(3)); -- no key of its own: the index is over the rowid
CREATE INDEX passage_embedding ON passage (libsql_vector_idx(embedding, 'metric=cosine', 'max_neighbors=20')) WHERE tokens > 0;
CREATE INDEX "Shape_v" ON shape (LIBSQL_VECTOR_IDX(v, 'metric=l2'));
CREATE INDEX passage_document ON passage (document, n);
CREATE VIRTUAL TABLE passage_fts USING fts5(body, content='passage', content_rowid='id');
CREATE TRIGGER passage_ai AFTER INSERT ON passage BEGIN INSERT INTO passage_fts(rowid, body) VALUES (new.id, new.body); END;
CREATE TRIGGER passage_ad AFTER DELETE ON passage BEGIN INSERT INTO passage_fts(passage_fts, rowid, body) VALUES ('delete', old.id, old.body); END;
CREATE VIEW near AS SELECT p.id, p.body, round(vector_distance_cos(p.embedding, vector32('[1,0,0,0]')), 3) AS distance FROM passage p WHERE p.embedding IS NOT NULL ORDER BY 3, 1;
INSERT INTO document VALUES (1, 'https://example.org/a', 'en'), (2, 'https://example.org/b', 'de');
INSERT INTO passage(id, document, n, body, embedding, small, tokens) VALUES (10, 1, 0, 'cats and dogs', vector32('[1,0.1,0,0]'), NULL, 3), (20, 1, 1, 'ships at sea', vector32('[0,1,0,0]'), NULL, 3), (30, 2, 0, 'Katzen', vector32('[0.9,0,0.2,0]'), vector8('[1,2,3,4]'), 1), (40, 2, 1, '', NULL, NULL, 0), (50, 2, 2, 'empty', vector32('[0,0,0,1]'), NULL, 0);
INSERT INTO face VALUES ('ann', 1, vector64('[0.5,0.25,0.125]'));
INSERT INTO shape(rowid, name, v) VALUES (7, 'line', vector32('[1,0,0]')), (3, 'disc', vector32('[0,1,0]')), (99, 'ball', vector32('[0,0,1]'));
