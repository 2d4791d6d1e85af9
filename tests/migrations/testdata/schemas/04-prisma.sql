-- A weblog by Prisma: names in mixed case, its table of migrations, defaults
-- in one style, relations as separate tables "_AToB".
CREATE TABLE IF NOT EXISTS "_prisma_migrations" (
    "id"                    TEXT PRIMARY KEY NOT NULL,
    "checksum"              TEXT NOT NULL,
    "finished_at"           DATETIME,
    "migration_name"        TEXT NOT NULL,
    "logs"                  TEXT,
    "rolled_back_at"        DATETIME,
    "started_at"            DATETIME NOT NULL DEFAULT current_timestamp,
    "applied_steps_count"   INTEGER UNSIGNED NOT NULL DEFAULT 0
);
CREATE TABLE "User" (
    "id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    "email" TEXT NOT NULL,
    "role" TEXT NOT NULL DEFAULT 'USER',
    "createdAt" DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE TABLE "Post" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "authorId" INTEGER NOT NULL,
    "title" TEXT NOT NULL,
    "views" BIGINT NOT NULL DEFAULT 0,
    "score" REAL NOT NULL DEFAULT 0.5,
    "cover" BLOB,
    "published" BOOLEAN NOT NULL DEFAULT false,
    "updatedAt" DATETIME NOT NULL,
    CONSTRAINT "Post_authorId_fkey" FOREIGN KEY ("authorId") REFERENCES "User" ("id") ON DELETE RESTRICT ON UPDATE CASCADE
);
CREATE TABLE "Tag" (
    "name" TEXT NOT NULL PRIMARY KEY
);
CREATE TABLE "_PostToTag" (
    "A" TEXT NOT NULL,
    "B" TEXT NOT NULL,
    CONSTRAINT "_PostToTag_A_fkey" FOREIGN KEY ("A") REFERENCES "Post" ("id") ON DELETE CASCADE ON UPDATE CASCADE,
    CONSTRAINT "_PostToTag_B_fkey" FOREIGN KEY ("B") REFERENCES "Tag" ("name") ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE UNIQUE INDEX "User_email_key" ON "User"("email");
CREATE INDEX "Post_authorId_updatedAt_idx" ON "Post"("authorId", "updatedAt" ASC);
CREATE UNIQUE INDEX "_PostToTag_AB_unique" ON "_PostToTag"("A", "B");
CREATE INDEX "_PostToTag_B_index" ON "_PostToTag"("B");
INSERT INTO "_prisma_migrations" VALUES ('4ad5', 'b1946ac92492d2347c6235b4d2611184', 1700000001000, '20231114_init', NULL, NULL, 1700000000000, 1);
INSERT INTO "User" VALUES (1, 'a@b.c', 'ADMIN', 1700000000123), (2, 'd@e.f', 'USER', '2024-01-01 00:00:00');
INSERT INTO "Post" VALUES ('cl9ebqhxk00003b600tymydho', 1, 'Hello', 9007199254740993, 0.1, x'89504e47', 1, 1700000000456), ('cl9ebqhxk00013b600tymydhp', 1, 'Привет, 世界 👋', 0, 1e308, NULL, 0, 1700000000457), ('x', 2, '', -1, 0, x'', 1, 0);
INSERT INTO "Tag" VALUES ('go'), ('sql');
INSERT INTO "_PostToTag" VALUES ('x', 'go'), ('x', 'sql'), ('cl9ebqhxk00003b600tymydho', 'sql');
