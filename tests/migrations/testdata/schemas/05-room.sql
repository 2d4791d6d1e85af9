-- A shopping list by Android's Room: backticks, its two tables of its own,
-- FTS4 with external content that triggers keep.
CREATE TABLE android_metadata (locale TEXT);
CREATE TABLE room_master_table (id INTEGER PRIMARY KEY,identity_hash TEXT);
CREATE TABLE IF NOT EXISTS `shopping_list` (`listId` INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, `name` TEXT NOT NULL, `color` INTEGER NOT NULL DEFAULT 0xFF00FF, `archived` INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS `item` (`itemId` INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, `list_id` INTEGER NOT NULL, `label` TEXT NOT NULL, `amount` REAL, `done` INTEGER NOT NULL, `picture` BLOB, FOREIGN KEY(`list_id`) REFERENCES `shopping_list`(`listId`) ON UPDATE NO ACTION ON DELETE CASCADE );
CREATE TABLE IF NOT EXISTS `remote_keys` (`query` TEXT NOT NULL, `page` INTEGER, `next` TEXT, PRIMARY KEY(`query`, `page`));
CREATE INDEX IF NOT EXISTS `index_item_list_id` ON `item` (`list_id`);
CREATE UNIQUE INDEX IF NOT EXISTS `index_item_list_id_label` ON `item` (`list_id` ASC, `label` DESC);
CREATE VIRTUAL TABLE IF NOT EXISTS `item_fts` USING FTS4(`label` TEXT NOT NULL, content=`item`);
CREATE TRIGGER IF NOT EXISTS room_fts_content_sync_item_fts_BEFORE_UPDATE BEFORE UPDATE ON `item` BEGIN DELETE FROM `item_fts` WHERE `docid`=OLD.`rowid`; END;
CREATE TRIGGER IF NOT EXISTS room_fts_content_sync_item_fts_BEFORE_DELETE BEFORE DELETE ON `item` BEGIN DELETE FROM `item_fts` WHERE `docid`=OLD.`rowid`; END;
CREATE TRIGGER IF NOT EXISTS room_fts_content_sync_item_fts_AFTER_UPDATE AFTER UPDATE ON `item` BEGIN INSERT INTO `item_fts`(`docid`, `label`) VALUES (NEW.`rowid`, NEW.`label`); END;
CREATE TRIGGER IF NOT EXISTS room_fts_content_sync_item_fts_AFTER_INSERT AFTER INSERT ON `item` BEGIN INSERT INTO `item_fts`(`docid`, `label`) VALUES (NEW.`rowid`, NEW.`label`); END;
CREATE VIEW `OpenItem` AS SELECT itemId, label, (SELECT name FROM shopping_list WHERE listId = list_id) AS list FROM item WHERE NOT done;
PRAGMA user_version = 14;
INSERT INTO android_metadata VALUES ('de_CH');
INSERT INTO room_master_table VALUES (42, 'f8d1c3d1b3a27c2a6f9e9f7c3e2f1a0b');
INSERT INTO shopping_list VALUES (1, 'Weekend', -16711936, 0), (2, 'Büro', 0, 1);
INSERT INTO item VALUES (1, 1, 'brown bread', 1.5, 0, NULL), (2, 1, 'butter', NULL, 1, x'ffd8ff'), (4, 2, 'paper and bread', 500, 0, NULL);
INSERT INTO remote_keys VALUES ('bread', 1, 'abc'), ('bread', 2, NULL), ('milk', NULL, NULL);
