-- A photo archive by SQLAlchemy and Alembic: unquoted names, a tab before each
-- item, constraints of the naming convention at the end.

CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
CREATE TABLE album (
	id INTEGER NOT NULL, 
	parent_id INTEGER, 
	title VARCHAR(120) NOT NULL, 
	CONSTRAINT pk_album PRIMARY KEY (id), 
	CONSTRAINT fk_album_parent_id_album FOREIGN KEY(parent_id) REFERENCES album (id) ON DELETE CASCADE, 
	CONSTRAINT uq_album_parent_id UNIQUE (parent_id, title)
);
CREATE TABLE photo (
	id INTEGER NOT NULL, 
	album_id INTEGER NOT NULL, 
	file_name VARCHAR(255) NOT NULL, 
	checksum BLOB, 
	taken DATETIME DEFAULT (CURRENT_TIMESTAMP), 
	latitude FLOAT, 
	longitude FLOAT, 
	rating SMALLINT DEFAULT '0' NOT NULL, 
	kind VARCHAR(5) DEFAULT 'jpeg' NOT NULL, 
	public BOOLEAN DEFAULT 0 NOT NULL, 
	"order" INTEGER, 
	"exif.Make" TEXT COLLATE "NOCASE", 
	CONSTRAINT pk_photo PRIMARY KEY (id), 
	CONSTRAINT uq_photo_file_name UNIQUE (file_name), 
	CONSTRAINT fk_photo_album_id_album FOREIGN KEY(album_id) REFERENCES album (id) ON DELETE CASCADE ON UPDATE CASCADE DEFERRABLE INITIALLY DEFERRED, 
	CONSTRAINT ck_photo_kind CHECK (kind IN ('jpeg', 'raw', 'heif')), 
	CHECK (public IN (0, 1)), 
	CHECK (rating BETWEEN 0 AND 5 AND (latitude IS NULL) = (longitude IS NULL))
);
CREATE TABLE photo_tag (
	photo_id INTEGER NOT NULL, 
	tag VARCHAR(40) NOT NULL, 
	PRIMARY KEY (photo_id, tag), 
	FOREIGN KEY(photo_id) REFERENCES photo (id) ON DELETE CASCADE
);
CREATE INDEX ix_photo_taken ON photo (taken);
CREATE INDEX ix_photo_album_order ON photo (album_id, "order" DESC, "exif.Make" COLLATE BINARY);
CREATE INDEX ix_photo_tag_tag ON photo_tag (tag);
INSERT INTO alembic_version VALUES ('9f3c1a7be210');
INSERT INTO album VALUES (1, NULL, 'All'), (2, 1, '2023'), (3, 1, '2024'), (4, 3, 'Öland');
INSERT INTO photo VALUES (1, 2, 'IMG_0001.JPG', x'00ff00fe', '2023-07-01 10:00:00.000000', 57.25, 18.5, 3, 'jpeg', 0, 1, 'CANON'), (2, 4, 'IMG_0002.HEIC', NULL, '2024-07-01 10:00:00', NULL, NULL, 0, 'heif', 1, NULL, 'Apple'), (5, 4, 'IMG_0003.CR3', zeroblob(3), NULL, -0.0, 1e-300, 5, 'raw', 0, 2, NULL);
INSERT INTO photo_tag VALUES (1, 'sea'), (1, 'summer'), (5, 'Sea');
ANALYZE;
