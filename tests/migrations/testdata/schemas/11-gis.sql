-- A map: a GeoPackage's metadata, R*Trees beside the features that triggers
-- keep, polygons.
PRAGMA application_id = 1196444487;
CREATE TABLE gpkg_spatial_ref_sys (
  srs_name TEXT NOT NULL,
  srs_id INTEGER NOT NULL PRIMARY KEY,
  organization TEXT NOT NULL,
  definition  TEXT NOT NULL,
  description TEXT
);
CREATE TABLE gpkg_contents (
  table_name TEXT NOT NULL PRIMARY KEY,
  data_type TEXT NOT NULL,
  identifier TEXT UNIQUE,
  last_change DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
  min_x DOUBLE,
  max_x DOUBLE,
  srs_id INTEGER,
  CONSTRAINT fk_gc_r_srs_id FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys(srs_id)
);
CREATE TABLE "feature" (
  "fid" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  "name" TEXT(80),
  "height" MEDIUMINT DEFAULT 0,
  "minx" REAL, "maxx" REAL, "miny" REAL, "maxy" REAL,
  "geom" POLYGON
);
CREATE INDEX feature_height ON feature (height) WHERE height > 0;
CREATE VIRTUAL TABLE rtree_feature_geom USING rtree(id, minx, maxx, miny, maxy, +label TEXT);
CREATE VIRTUAL TABLE grid USING rtree_i32(cell, x0, x1, y0, y1);
CREATE VIRTUAL TABLE area USING geopoly(owner, fid);
CREATE TRIGGER rtree_feature_geom_insert AFTER INSERT ON "feature" WHEN (new."minx" NOTNULL) BEGIN
  INSERT OR REPLACE INTO rtree_feature_geom VALUES (NEW.fid, NEW.minx, NEW.maxx, NEW.miny, NEW.maxy, NEW.name);
END;
CREATE TRIGGER rtree_feature_geom_update AFTER UPDATE OF minx, maxx, miny, maxy ON "feature" WHEN OLD.fid = NEW.fid AND NEW.minx NOT NULL BEGIN
  UPDATE OR ROLLBACK rtree_feature_geom SET minx = NEW.minx, maxx = NEW.maxx, miny = NEW.miny, maxy = NEW.maxy WHERE id = NEW.fid;
END;
CREATE TRIGGER rtree_feature_geom_delete AFTER DELETE ON "feature" BEGIN
  DELETE FROM rtree_feature_geom WHERE id = OLD.fid;
END;
CREATE VIEW tall AS SELECT f.fid, f.name, r.minx FROM feature f, rtree_feature_geom r WHERE f.fid = r.id AND f.height > 10;
INSERT INTO gpkg_spatial_ref_sys VALUES ('Undefined', -1, 'NONE', 'undefined', NULL), ('WGS 84', 4326, 'EPSG', 'GEOGCS["WGS 84"]', 'longitude/latitude');
INSERT INTO gpkg_contents VALUES ('feature', 'features', 'Features', '2024-01-01T00:00:00.000Z', -180, 180.0, 4326);
INSERT INTO feature VALUES (1, 'Tower', 90, 1.5, 2.5, 1.5, 2.5, x'4750000100'), (2, 'Pond', NULL, 5, 9, 5, 9, NULL), (8, 'Nowhere', 12, NULL, NULL, NULL, NULL, x'');
INSERT INTO grid VALUES (1, 0, 10, 0, 10), (2, 10, 20, 0, 10);
INSERT INTO area(_shape, owner, fid) VALUES ('[[0,0],[4,0],[4,4],[0,4],[0,0]]', 'city', 1), ('[[5,5],[9,5],[9,9],[5,5]]', 'state', 2);
ANALYZE;
