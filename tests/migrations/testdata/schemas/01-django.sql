-- An issue tracker on Django: names in double quotes, constraints on one line,
-- deferred foreign keys, numbers in index names.
BEGIN;
CREATE TABLE "django_migrations" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "app" varchar(255) NOT NULL, "name" varchar(255) NOT NULL, "applied" datetime NOT NULL);
CREATE TABLE "auth_user" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "password" varchar(128) NOT NULL, "last_login" datetime NULL, "is_superuser" bool NOT NULL, "username" varchar(150) NOT NULL UNIQUE, "email" varchar(254) NOT NULL, "date_joined" datetime NOT NULL);
CREATE TABLE "tracker_project" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "slug" varchar(50) NOT NULL UNIQUE, "title" varchar(200) NOT NULL, "settings" text NOT NULL CHECK ((JSON_VALID("settings") OR "settings" IS NULL)));
CREATE TABLE "tracker_issue" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "number" integer unsigned NOT NULL CHECK ("number" >= 0), "title" varchar(200) NOT NULL, "body" text NOT NULL, "state" varchar(12) NOT NULL, "weight" decimal NOT NULL, "opened_at" datetime NOT NULL, "spent" bigint NULL, "token" char(32) NOT NULL, "project_id" bigint NOT NULL REFERENCES "tracker_project" ("id") DEFERRABLE INITIALLY DEFERRED, "reporter_id" integer NULL REFERENCES "auth_user" ("id") DEFERRABLE INITIALLY DEFERRED, CONSTRAINT "tracker_issue_state_valid" CHECK ("state" IN ('open', 'closed', 'won''t fix')), CONSTRAINT "unique_number_in_project" UNIQUE ("project_id", "number"));
CREATE TABLE "tracker_issue_watchers" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "issue_id" bigint NOT NULL REFERENCES "tracker_issue" ("id") DEFERRABLE INITIALLY DEFERRED, "user_id" integer NOT NULL REFERENCES "auth_user" ("id") DEFERRABLE INITIALLY DEFERRED);
CREATE INDEX "tracker_issue_project_id_6ab8f4f1" ON "tracker_issue" ("project_id");
CREATE INDEX "tracker_issue_reporter_id_0c5de7c2" ON "tracker_issue" ("reporter_id");
CREATE INDEX "tracker_issue_recent_idx" ON "tracker_issue" ("state", "opened_at" DESC);
CREATE UNIQUE INDEX "one_open_title" ON "tracker_issue" ("project_id", "title") WHERE "state" = 'open';
CREATE UNIQUE INDEX "tracker_issue_watchers_issue_id_user_id_7c0b6d3a_uniq" ON "tracker_issue_watchers" ("issue_id", "user_id");
INSERT INTO "django_migrations" VALUES (1, 'tracker', '0001_initial', '2023-04-01 09:30:11.250133'), (2, 'tracker', '0002_issue_token', '2023-05-17 20:01:59.000001');
INSERT INTO "auth_user" VALUES (1, 'pbkdf2_sha256$600000$x', NULL, 1, 'root', '', '2023-04-01 09:31:00'), (7, '!', '2024-02-29 12:00:00.123456', 0, 'mira', 'mira@example.org', '2023-06-01 00:00:00');
INSERT INTO "tracker_project" VALUES (3, 'core', 'Core', '{"labels": ["bug", "ü"]}'), (4, 'docs', 'Docs', '{}');
INSERT INTO "tracker_issue" VALUES (10, 1, 'Crash on start', 'It says "no such table".', 'open', 1.5, '2024-01-02 03:04:05.000006', 3600000000, '0123456789abcdef0123456789abcdef', 3, 7), (11, 2, 'Typo', '', 'closed', 2, '2024-01-03 00:00:00', NULL, 'ffffffffffffffffffffffffffffffff', 3, NULL), (12, 1, 'Crash on start', char(13, 10, 9), 'won''t fix', 0.1, '2024-01-04 00:00:00', -1, '00000000000000000000000000000000', 4, 1);
INSERT INTO "tracker_issue" VALUES (90, 9, 'gone', '', 'open', 0, '', 0, '', 4, 1);
DELETE FROM "tracker_issue" WHERE id = 90;
INSERT INTO "tracker_issue_watchers" ("issue_id", "user_id") VALUES (10, 1), (10, 7), (12, 7);
COMMIT;
