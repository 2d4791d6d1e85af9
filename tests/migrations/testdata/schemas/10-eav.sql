-- A catalogue as entity, attribute, value: columns without a type hold values
-- of any class; some texts are numbers, some numbers texts.
CREATE TABLE entity(id INTEGER PRIMARY KEY, kind TEXT NOT NULL, parent INT, FOREIGN KEY(parent) REFERENCES entity DEFERRABLE);
CREATE TABLE attribute(name TEXT, kind TEXT, required BOOLEAN DEFAULT true, "default", rule TEXT DEFAULT NULL, CONSTRAINT attribute_key PRIMARY KEY(name COLLATE NOCASE, kind) ON CONFLICT IGNORE);
CREATE TABLE value(
  entity INT NOT NULL REFERENCES entity(id) ON DELETE CASCADE,
  attribute TEXT NOT NULL,
  n INT NOT NULL DEFAULT 1,
  v,                     -- as it was entered
  t ANY,                 -- NUMERIC here, for ANY is a type of STRICT tables alone
  unit STRING DEFAULT '007',
  changed TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
  PRIMARY KEY(entity, attribute, n)
);
CREATE TABLE import_2023 AS SELECT 1 AS id, 'x' AS "a b", 2.5 AS "max(v)", NULL AS nil;
CREATE INDEX value_by_value ON value(attribute, v, entity);
CREATE INDEX value_numbers ON value(CAST(v AS REAL)) WHERE typeof(v) IN ('integer', 'real');
CREATE INDEX value_json ON value(v ->> '$.unit', json_extract(v, '$.max')) WHERE json_valid(v) AND v LIKE '{%';
CREATE VIEW sheet AS
  WITH wanted(e, kind) AS MATERIALIZED (SELECT id, kind FROM entity WHERE parent IS NULL)
  SELECT w.e, max(CASE a.name WHEN 'color' THEN v.v END) AS color, max(CASE a.name WHEN 'size' THEN v.v ELSE NULL END) AS size
  FROM wanted w CROSS JOIN attribute a LEFT JOIN value v ON v.entity = w.e AND v.attribute = a.name GROUP BY w.e;
CREATE VIEW classes AS SELECT typeof(v) AS class, count(*) AS n, group_concat(DISTINCT attribute) AS attributes FROM value GROUP BY 1 UNION ALL SELECT 'all', count(*), '' FROM value;
INSERT INTO entity VALUES(1, 'shirt', NULL), (2, 'shirt', 1), (3, 'shoe', NULL);
INSERT INTO attribute VALUES('color', 'shirt', 1, 'red', NULL), ('size', 'shirt', 0, 42, 'v > 0'), ('size', 'shoe', 1, 42.5, NULL), ('raw', 'shoe', 0, x'00ff', NULL);
INSERT INTO value(rowid, entity, attribute, n, v, t, unit, changed) VALUES(5, 1, 'color', 1, 'green', 'g', '007', '2024-01-01'), (6, 1, 'size', 1, 42, '42', '1e3', '2024-01-01'), (9, 1, 'size', 2, '42', 42.0, 'x', '2024-01-01'), (12, 3, 'size', 1, 42.5, x'34', NULL, '2024-01-01'), (13, 3, 'raw', 1, x'00010203', NULL, '', 0), (14, 2, 'note', 1, '{"unit":"cm","max":3}', 'a' || char(0) || 'b', 1, 1704067200), (15, 2, 'note', 2, NULL, 9223372036854775807, '1', ''), (-3, 2, 'note', 3, 1e999, -1e999, '0x10', '0000');
