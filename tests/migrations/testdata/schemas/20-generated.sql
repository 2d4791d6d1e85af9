-- Invoices whose columns are mostly computed: stored and virtual, short and
-- long form, from other generated columns, indexed and unique.
CREATE TABLE rate (country TEXT PRIMARY KEY, percent REAL NOT NULL, CHECK (percent >= 0 AND percent < 100));
CREATE TABLE line (
  id INTEGER PRIMARY KEY,
  doc TEXT NOT NULL,
  meta TEXT CHECK (meta IS NULL OR json_valid(meta)),
  qty INTEGER NOT NULL DEFAULT 1,
  price REAL NOT NULL,
  net REAL GENERATED ALWAYS AS (round(qty * price, 2)) STORED NOT NULL,
  tax AS (round(net * 0.2, 2)),
  gross REAL GENERATED ALWAYS
    AS (net + tax) VIRTUAL CHECK (gross > -1e9),
  sku TEXT AS (meta ->> '$.sku') UNIQUE,
  label TEXT GENERATED ALWAYS AS (CASE WHEN qty = 1 THEN doc ELSE doc || ' ×' || qty END) COLLATE NOCASE,
  country TEXT AS (coalesce(json_extract(meta, '$.country'), 'AT')) STORED REFERENCES rate (country) ON DELETE NO ACTION,
  note TEXT
);
CREATE INDEX line_gross ON line (gross DESC) WHERE gross IS NOT NULL;
CREATE INDEX line_label ON line (label);
CREATE TRIGGER line_note AFTER UPDATE OF qty, price ON line BEGIN
  UPDATE line SET note = printf('%.2f', new.gross) WHERE id = new.id;
END;
CREATE TRIGGER line_doc UPDATE ON line WHEN old.doc ISNULL BEGIN SELECT RAISE(ABORT, 'no document'); END;
CREATE VIEW totals AS SELECT doc, sum(net) AS net, total(tax) AS tax, max(gross) FILTER (WHERE qty > 1) AS most FROM line GROUP BY doc;
INSERT INTO rate VALUES ('AT', 20), ('DE', 19.0);
INSERT INTO line(id, doc, meta, qty, price) VALUES (1, 'R1', NULL, 1, 9.99), (2, 'R1', '{"sku":"P-7","country":"DE"}', 3, 1.10), (9, 'R2', '{"sku":7}', -1, 100);
