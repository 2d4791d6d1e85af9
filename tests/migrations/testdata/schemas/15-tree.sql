-- A document tree: a table that refers to itself by two keys, views that
-- recurse, a closure table that triggers keep by recursive queries.
CREATE TABLE node (
  id INTEGER PRIMARY KEY,
  parent INTEGER REFERENCES node (id) ON DELETE CASCADE ON UPDATE SET NULL,
  prev INTEGER REFERENCES node (id) ON DELETE SET NULL ON UPDATE NO ACTION,
  name VARCHAR(64) NOT NULL CHECK (name <> '' AND name NOT GLOB '*/*'),
  pos INTEGER NOT NULL DEFAULT 0,
  FOREIGN KEY (id, name) REFERENCES node (id, name) ON UPDATE CASCADE DEFERRABLE INITIALLY DEFERRED,
  UNIQUE (id, name),
  UNIQUE (parent, name) ON CONFLICT ABORT
);
CREATE TABLE closure (
  above INTEGER NOT NULL REFERENCES node (id) ON DELETE CASCADE,
  below INTEGER NOT NULL REFERENCES node (id) ON DELETE CASCADE,
  depth INTEGER NOT NULL,
  PRIMARY KEY (above, below)
) WITHOUT ROWID;
CREATE INDEX closure_below ON closure (below, depth DESC);
CREATE TRIGGER node_closure AFTER INSERT ON node BEGIN
  INSERT INTO closure SELECT above, new.id, depth + 1 FROM closure WHERE below = new.parent UNION ALL SELECT new.id, new.id, 0;
END;
CREATE TRIGGER node_no_cycle BEFORE UPDATE OF parent ON node WHEN new.parent IN (SELECT below FROM closure WHERE above = new.id) BEGIN
  SELECT RAISE(ABORT, 'a node cannot be below itself');
END;
CREATE TRIGGER node_order AFTER DELETE ON node BEGIN
  UPDATE node SET pos = (WITH RECURSIVE before(id, n) AS (SELECT node.prev, 0 UNION ALL SELECT node.prev, before.n + 1 FROM before JOIN node ON node.id = before.id WHERE before.n < 10) SELECT count(id) FROM before) WHERE parent = old.parent;
END;
CREATE VIEW path (id, path, level) AS
  WITH RECURSIVE up (id, path, level) AS (
    SELECT id, '/' || name, 0 FROM node WHERE parent IS NULL
    UNION ALL
    SELECT n.id, up.path || '/' || n.name, up.level + 1 FROM node AS n JOIN up ON n.parent = up.id ORDER BY 3 DESC, 2
  )
  SELECT id, path, level FROM up;
CREATE VIEW leaf AS SELECT id FROM node EXCEPT SELECT parent FROM node WHERE parent NOTNULL;
CREATE VIEW both AS SELECT id FROM node WHERE pos > 0 INTERSECT SELECT below FROM closure NATURAL JOIN (SELECT 1 AS depth);
CREATE VIEW digits (d, word) AS VALUES (1, 'one'), (2, 'two') UNION SELECT 3, 'three';
INSERT INTO node VALUES (1, NULL, NULL, 'root', 0), (2, 1, NULL, 'etc', 0), (3, 1, 2, 'home', 1), (5, 3, NULL, 'ünal', 0), (8, 3, 5, 'zoe', 1), (13, 8, NULL, 'mail', 0);
DELETE FROM node WHERE id = 2;
