-- What a session makes for itself: temp tables, and temp triggers and views on
-- the tables of the file.
CREATE TABLE stock (id INTEGER PRIMARY KEY, name TEXT NOT NULL, n INTEGER NOT NULL DEFAULT 0);
CREATE TABLE seen (id INTEGER PRIMARY KEY, what TEXT);
CREATE TEMP TABLE IF NOT EXISTS basket (id INTEGER PRIMARY KEY, stock INTEGER, n INTEGER DEFAULT 1);
CREATE TEMPORARY TABLE seen (id INTEGER PRIMARY KEY, what TEXT, mine TEXT DEFAULT 'yes');
CREATE TABLE temp.later AS SELECT 1 AS one;
CREATE INDEX temp.basket_stock ON basket (stock);
CREATE TEMP TRIGGER IF NOT EXISTS stock_watch AFTER UPDATE OF n ON main.stock BEGIN
  INSERT INTO seen (what) VALUES (new.name || ': ' || old.n || ' to ' || new.n);
END;
CREATE TEMPORARY TRIGGER stock_gone AFTER DELETE ON stock BEGIN DELETE FROM basket WHERE stock = old.id; END;
CREATE TEMP VIEW wanted AS SELECT s.name, b.n FROM basket b JOIN main.stock s ON s.id = b.stock;
CREATE TEMPORARY VIEW IF NOT EXISTS few AS SELECT name FROM stock WHERE n < 3;
INSERT INTO stock VALUES (1, 'pen', 5), (2, 'ink', 2);
INSERT INTO basket (stock, n) VALUES (1, 2), (2, 1);
INSERT INTO main.seen VALUES (1, 'of the file');
UPDATE stock SET n = n - 1;
