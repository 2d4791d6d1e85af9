-- A ledger: amounts in the smallest unit, triggers that keep the sums and
-- forbid changes, an upsert in a trigger, deferred keys.
CREATE TABLE account (
    code        TEXT NOT NULL PRIMARY KEY CHECK (code GLOB '[0-9][0-9][0-9][0-9]'),
    name        TEXT NOT NULL,
    parent      TEXT REFERENCES account (code) ON UPDATE CASCADE ON DELETE RESTRICT DEFERRABLE INITIALLY IMMEDIATE,
    currency    CHARACTER(3) NOT NULL DEFAULT 'EUR' CHECK (length(currency) = 3 AND currency = upper(currency)),
    kind        NATIVE CHARACTER(1) NOT NULL CHECK (kind IN ('A', 'L', 'I', 'E'))
) WITHOUT ROWID;
CREATE TABLE entry (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    booked      TEXT NOT NULL CHECK (booked IS date(booked)),
    memo        VARYING CHARACTER(200) DEFAULT '' NOT NULL,
    reverses    INTEGER UNIQUE REFERENCES entry ON DELETE SET NULL,
    CHECK (reverses IS NULL OR reverses < id)
);
CREATE TABLE posting (
    entry       INTEGER NOT NULL,
    line        INTEGER NOT NULL,
    account     TEXT NOT NULL DEFAULT '9999',
    amount      INT8 NOT NULL,
    rate        DOUBLE PRECISION NOT NULL DEFAULT 1.0,
    PRIMARY KEY (entry ASC, line DESC),
    FOREIGN KEY (entry) REFERENCES entry (id) ON DELETE CASCADE MATCH FULL DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT known_account FOREIGN KEY (account) REFERENCES account ON UPDATE CASCADE ON DELETE SET DEFAULT NOT DEFERRABLE INITIALLY IMMEDIATE,
    CONSTRAINT no_zero CHECK (amount <> 0)
);
CREATE TABLE balance (
    account     TEXT PRIMARY KEY REFERENCES account ON UPDATE CASCADE,
    amount      INTEGER NOT NULL DEFAULT 0,
    postings    INTEGER NOT NULL DEFAULT 0,
    last        TEXT
);
CREATE TABLE audit (at INTEGER PRIMARY KEY, what TEXT, was TEXT, is_now TEXT);
CREATE INDEX posting_account ON posting (account, amount) WHERE amount > 0;
CREATE TRIGGER posting_sum AFTER INSERT ON posting BEGIN
    INSERT INTO balance (account, amount, postings, last)
    VALUES (new.account, new.amount, 1, (SELECT booked FROM entry WHERE id = new.entry))
    ON CONFLICT (account) DO UPDATE SET amount = amount + excluded.amount, postings = postings + 1, last = max(last, excluded.last)
    WHERE excluded.amount <> 0;
END;
CREATE TRIGGER posting_unsum AFTER DELETE ON posting BEGIN
    UPDATE balance SET amount = amount - old.amount, postings = postings - 1 WHERE account = old.account;
END;
CREATE TRIGGER posting_fixed BEFORE UPDATE ON posting WHEN old.amount <> new.amount BEGIN
    SELECT raise(ABORT, 'a posting stays; book a reversal');
END;
CREATE TRIGGER entry_audit AFTER UPDATE OF memo, booked ON entry FOR EACH ROW BEGIN
    INSERT OR IGNORE INTO audit (what, was, is_now) VALUES ('entry ' || old.id, old.memo || ' ' || old.booked, new.memo || ' ' || new.booked);
END;
CREATE TRIGGER account_closed BEFORE DELETE ON account BEGIN
    SELECT CASE WHEN (SELECT amount FROM balance WHERE account = old.code) <> 0 THEN raise(FAIL, 'the account is not empty') END;
    DELETE FROM balance WHERE account = old.code;
END;
CREATE VIEW trial_balance AS
    SELECT a.code, a.name, coalesce(b.amount, 0) AS amount, sum(coalesce(b.amount, 0)) OVER (ORDER BY a.code ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS running
    FROM account AS a LEFT OUTER JOIN balance AS b ON b.account = a.code;
CREATE VIEW unbalanced AS SELECT entry, sum(amount) AS off FROM posting GROUP BY 1 HAVING off <> 0;
INSERT INTO account VALUES ('1000', 'Cash', NULL, 'EUR', 'A'), ('1100', 'Bank', '1000', 'EUR', 'A'), ('4000', 'Sales', NULL, 'EUR', 'I'), ('9999', 'Unknown', NULL, 'EUR', 'E');
INSERT INTO entry (id, booked, memo, reverses) VALUES (1, '2024-01-31', 'Opening', NULL), (2, '2024-02-01', 'Sale', NULL), (3, '2024-02-02', 'Sale, reversed', 2);
INSERT INTO posting VALUES (1, 1, '1100', 900719925474099312, 1.0), (1, 2, '9999', -900719925474099312, 1.0), (2, 1, '1000', 4250, 1.0), (2, 2, '4000', -4250, 1.0), (3, 1, '1000', -4250, 1.0), (3, 2, '4000', 4250, 1.0);
