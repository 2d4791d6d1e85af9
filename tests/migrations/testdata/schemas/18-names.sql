-- Names in many languages and of every kind: quotes, blanks, dots, keywords,
-- an emoji, an empty name, one that is a number.
CREATE TABLE "利用者" (
  "番号" INTEGER PRIMARY KEY,
  "氏名" TEXT NOT NULL, -- 姓、名 (例: "山田 太郎")
  [E-Mail Adresse] TEXT UNIQUE,
  `größe` REAL, größeName TEXT, grÖße TEXT,
  'straße nr' INTEGER DEFAULT 1,
  "semi;colon" TEXT DEFAULT 'a;b',
  "say ""hi""" TEXT DEFAULT 'it''s',
  `tick``s` TEXT,
  [order] INTEGER, "group" TEXT, "select" TEXT, "PRIMARY KEY" TEXT, "constraint" TEXT,
  "1st" TEXT, "" TEXT, " " TEXT, "😀" TEXT, "a.b" TEXT, "line
break" TEXT,
  _x$1 TEXT, имя TEXT COLLATE "NOCASE",
  CONSTRAINT "имя (проверка)" CHECK ("имя" IS NULL OR "имя" <> '--'),
  CONSTRAINT [größe > 0] CHECK ([größe] IS NULL OR `größe` > 0)
);
CREATE TABLE "my.table-1" ([id] INTEGER PRIMARY KEY, "ref" INTEGER REFERENCES "利用者" ("番号"), 'KEY' TEXT, temp TEXT, rowid TEXT);
CREATE TABLE "table" ("index" INTEGER PRIMARY KEY, "table" TEXT, "check" TEXT CHECK ("check" IS NOT 'x'));
CREATE TABLE select_ (row_id INTEGER, _ROWID_ TEXT, OID TEXT);
CREATE INDEX "индекс ""1""" ON "利用者" ("氏名" COLLATE NOCASE, "order" DESC);
CREATE UNIQUE INDEX [idx-;--] ON "利用者" ("1st", "") WHERE "group" = 'Ω' /* Ω, not Ω */;
CREATE INDEX 'table_idx' ON "table" ("table" || '/' || "check");
CREATE TRIGGER "при вставке" AFTER INSERT ON "利用者" WHEN new."a.b" IS NOT NULL BEGIN
  INSERT INTO "my.table-1" ("ref", "KEY", temp) VALUES (new."番号", new."say ""hi""", new."😀");
  UPDATE "table" SET "table" = new.[氏名] WHERE "index" = 1;
END;
CREATE TRIGGER [end] AFTER DELETE ON "my.table-1" BEGIN DELETE FROM "table" WHERE "index" = old.[id]; END;
CREATE VIEW "вид" ("имя", "размер ""x""") AS SELECT "氏名", `größe` AS "größe" FROM [利用者];
CREATE VIEW "select" AS SELECT "select" AS "from", "order" + 1 FROM "利用者" AS "as";
INSERT INTO "利用者" ("番号", "氏名", [E-Mail Adresse], `größe`, größeName, "say ""hi""", "1st", "", "😀", имя) VALUES (1, '山田 太郎', 'y@例え.jp', 1.72, 'mittel', 'x', '1', 'leer', '👍🏽', 'Ян'), (4, 'Ελένη', NULL, NULL, NULL, '"', NULL, NULL, NULL, NULL), (6, 'éè', 'É@x', 0.5, 'ﬁ', '', '', '', char(0x1F600, 0x200D), 'ЯН');
INSERT INTO "my.table-1" (id, ref, "KEY", rowid) VALUES (3, 1, 'k', 'not the rowid'), (5, NULL, NULL, NULL);
INSERT INTO "table" VALUES (1, 't', 'c'), (5, NULL, NULL);
INSERT INTO select_ (rowid, row_id, _ROWID_, OID) VALUES (77, 1, 'a', 'b'), (8, 2, 'c', 'd');
