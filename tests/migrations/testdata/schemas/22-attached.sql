-- A file of customers with an archive attached, in which the same names mean
-- other tables.
CREATE TABLE main.client (id INTEGER PRIMARY KEY, name TEXT NOT NULL, city TEXT);
CREATE TABLE IF NOT EXISTS archive.client (id INTEGER PRIMARY KEY, name TEXT NOT NULL, city TEXT, left_on TEXT /* when */);
CREATE TABLE archive."visit" (id INTEGER PRIMARY KEY AUTOINCREMENT, client INTEGER NOT NULL REFERENCES client (id) ON DELETE CASCADE, at TEXT);
CREATE UNIQUE INDEX IF NOT EXISTS archive.client_name ON client (name, city COLLATE NOCASE DESC);
CREATE INDEX main.client_name ON client (name);
CREATE TRIGGER IF NOT EXISTS archive.client_named AFTER UPDATE OF name ON client BEGIN INSERT INTO visit (client, at) VALUES (new.id, 'renamed'); END;
CREATE VIEW archive.gone AS SELECT c.name, count(v.id) AS visits FROM client c LEFT JOIN visit v ON v.client = c.id GROUP BY c.id;
CREATE VIEW main.here AS SELECT name FROM client;
INSERT INTO main.client VALUES (1, 'Ada', 'Wien'), (2, 'Bo', NULL);
INSERT INTO archive.client VALUES (1, 'Zoe', 'Graz', '2020-01-01'), (7, 'Yan', 'Linz', NULL);
INSERT INTO archive.visit (client, at) VALUES (1, '2019-12-31'), (7, '2019-01-01'), (7, '2019-01-02');
