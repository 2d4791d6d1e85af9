-- A mail index: FTS5 with external content over a table without a rowid's
-- name, one without content, and a vocabulary.
CREATE TABLE folder (path TEXT PRIMARY KEY, uidvalidity UNSIGNED BIG INT NOT NULL, uidnext INT2 DEFAULT 1) WITHOUT ROWID;
CREATE TABLE message (
  folder TEXT NOT NULL REFERENCES folder(path) ON UPDATE CASCADE ON DELETE CASCADE,
  uid INTEGER NOT NULL,
  message_id TEXT,
  subject TEXT NOT NULL DEFAULT "(no subject)",
  sender TEXT COLLATE NOCASE,
  body TEXT,
  flags INTEGER NOT NULL DEFAULT 0 CHECK ((flags & ~0x1F) = 0),
  received INTEGER,
  size INTEGER GENERATED ALWAYS AS (length(CAST(coalesce(body, '') AS BLOB))) STORED,
  unread AS (NOT flags & 1),
  UNIQUE (folder, uid)
);
CREATE INDEX message_thread ON message (message_id) WHERE message_id IS NOT NULL;
CREATE INDEX message_unread ON message (folder, received DESC) WHERE unread;
CREATE VIRTUAL TABLE message_search USING fts5(subject, sender, body, content='message', content_rowid='rowid', tokenize="porter unicode61 remove_diacritics 2", prefix='2 3');
CREATE VIRTUAL TABLE message_words USING fts5vocab(message_search, 'row');
CREATE VIRTUAL TABLE address_search USING fts5(address, content='');
CREATE TRIGGER message_search_ai AFTER INSERT ON message BEGIN
  INSERT INTO message_search(rowid, subject, sender, body) VALUES (new.rowid, new.subject, new.sender, new.body);
END;
CREATE TRIGGER message_search_ad AFTER DELETE ON message BEGIN
  INSERT INTO message_search(message_search, rowid, subject, sender, body) VALUES ('delete', old.rowid, old.subject, old.sender, old.body);
END;
CREATE TRIGGER message_search_au AFTER UPDATE OF subject, sender, body ON message BEGIN
  INSERT INTO message_search(message_search, rowid, subject, sender, body) VALUES ('delete', old.rowid, old.subject, old.sender, old.body);
  INSERT INTO message_search(rowid, subject, sender, body) VALUES (new.rowid, new.subject, new.sender, new.body);
END;
INSERT INTO folder VALUES ('INBOX', 1700000000, 8), ('Archiv/2023', 4294967295, 2);
INSERT INTO message(rowid, folder, uid, message_id, subject, sender, body, flags, received) VALUES
  (3, 'INBOX', 5, '<a@x>', 'Quarterly réport', 'Ann <ann@example.com>', 'The numbers are running well.', 0, 1704067200),
  (40, 'INBOX', 7, '<b@x>', 'Re: Quarterly report', 'bob@example.com', 'I ran them again; see the numbers' || char(10) || '> The numbers', 1, 1704067300),
  (500, 'Archiv/2023', 1, NULL, 'Rechnung', NULL, NULL, 17, NULL);
INSERT INTO address_search(rowid, address) VALUES (1, 'ann example'), (2, 'bob example');
