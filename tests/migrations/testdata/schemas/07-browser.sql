-- A browser's history: times in microseconds since 1601, hidden flags, a
-- frecency that a trigger keeps, a hash index for long addresses.
CREATE TABLE meta(key LONGVARCHAR NOT NULL UNIQUE PRIMARY KEY, value LONGVARCHAR);
CREATE TABLE urls(id INTEGER PRIMARY KEY AUTOINCREMENT,url LONGVARCHAR,title LONGVARCHAR,visit_count INTEGER DEFAULT 0 NOT NULL,typed_count INTEGER DEFAULT 0 NOT NULL,last_visit_time INTEGER NOT NULL,hidden INTEGER DEFAULT 0 NOT NULL,url_hash INTEGER NOT NULL DEFAULT 0,frecency INTEGER DEFAULT -1 NOT NULL);
CREATE TABLE visits(id INTEGER PRIMARY KEY,url INTEGER NOT NULL,visit_time INTEGER NOT NULL,from_visit INTEGER,transition INTEGER DEFAULT 0 NOT NULL,visit_duration INTEGER DEFAULT 0 NOT NULL,FOREIGN KEY(url) REFERENCES urls(id) ON DELETE CASCADE,FOREIGN KEY(from_visit) REFERENCES visits ON DELETE SET NULL);
CREATE TABLE keyword_search_terms (keyword_id INTEGER NOT NULL,url_id INTEGER NOT NULL,term LONGVARCHAR NOT NULL,normalized_term LONGVARCHAR NOT NULL);
CREATE TABLE favicon_bitmaps(icon_id INTEGER NOT NULL,last_updated INTEGER DEFAULT 0,image_data BLOB,width INTEGER DEFAULT 0,height INTEGER DEFAULT 0);
CREATE INDEX visits_url_index ON visits (url);
CREATE INDEX visits_time_index ON visits (visit_time);
CREATE INDEX urls_url_index ON urls (url);
CREATE INDEX urls_hashindex ON urls (url_hash);
CREATE INDEX urls_frecencyindex ON urls (frecency DESC) WHERE hidden = 0;
CREATE INDEX keyword_search_terms_index1 ON keyword_search_terms (keyword_id, normalized_term);
CREATE TRIGGER visits_after_insert AFTER INSERT ON visits FOR EACH ROW BEGIN
  UPDATE urls SET visit_count = visit_count + 1, last_visit_time = max(last_visit_time, NEW.visit_time), frecency = (SELECT sum(100 / (1 + abs(transition))) FROM visits WHERE url = NEW.url) WHERE id = NEW.url AND NEW.transition NOT IN (3, 4);
END;
CREATE TRIGGER urls_before_delete BEFORE DELETE ON urls BEGIN
  DELETE FROM keyword_search_terms WHERE url_id = OLD.id;
  INSERT OR REPLACE INTO meta(key, value) VALUES('last_deleted', OLD.url);
END;
CREATE VIEW top_sites AS SELECT url, title, frecency FROM urls WHERE hidden = 0 AND frecency <> 0 ORDER BY frecency DESC LIMIT 10 OFFSET 0;
INSERT INTO meta VALUES('version', '58'), ('last_compatible_version', 16);
INSERT INTO urls VALUES(1,'https://example.org/','Example',0,1,13300000000000000,0,-7046029254386353131,-1),(2,'https://example.org/?q=a%20b&c=''d''','',0,0,13300000000000001,0,9223372036854775807,-1),(5,'about:blank',NULL,0,0,0,1,-9223372036854775808,0);
INSERT INTO visits VALUES(1,1,13300000000000000,NULL,1,0),(2,2,13300000000000001,1,0,5000000),(3,1,13300000000000002,2,0,1),(4,5,13300000000000003,NULL,3,0);
INSERT INTO keyword_search_terms VALUES(2,2,'A b','a b'),(2,2,'A B','a b');
INSERT INTO favicon_bitmaps VALUES(1,0,x'89504e470d0a1a0a',16,16),(1,0,x'',32,32);
DELETE FROM keyword_search_terms WHERE term = 'A b';
ANALYZE;
