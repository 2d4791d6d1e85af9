package migrations_test

import "gorm.io/gorm"

type Track struct {
	ID      int64    `gorm:"type:INTEGER;primaryKey;autoIncrement"`
	Record  *int64   `gorm:"type:INTEGER"`
	Pos     int      `gorm:"type:INTEGER;not null;default:0"`
	Title   string   `gorm:"type:TEXT COLLATE NOCASE;not null"`
	Seconds *float64 `gorm:"type:REAL"`
	Year    *int     `gorm:"type:TINYINT(4)"`
	Played  *int     `gorm:"type:INTEGER;default:(0)"`
	Lyrics  []byte   `gorm:"type:LONG VARCHAR"`
	Sorted  string   `gorm:"-:all"`
}

func (Track) TableName() string { return "track" }

type TrackNow struct {
	ID      int64    `gorm:"type:INTEGER;primaryKey;autoIncrement"`
	Record  *int64   `gorm:"type:INTEGER"`
	Title   string   `gorm:"type:VARCHAR(300) COLLATE NOCASE;not null;default:Untitled"`
	Seconds *float64 `gorm:"type:DOUBLE"`
	Year    *int     `gorm:"type:INTEGER"`
	Played  *int     `gorm:"type:INTEGER;default:(1)"`
	Mood    *string  `gorm:"type:TEXT;unique"`
	Long    bool     `gorm:"type:BOOLEAN GENERATED ALWAYS AS (seconds > 180) STORED;->"`
}

func (TrackNow) TableName() string { return "track" }

type Record struct {
	ID       int64   `gorm:"type:integer;primaryKey"`
	Title    string  `gorm:"type:text;not null;default:\"Untitled 'album'\""`
	Released *string `gorm:"type:date"`
	Gain     float64 `gorm:"type:decimal(+5,-2);default:-6.5"`
	Flags    int     `gorm:"type:integer;default:+3"`
}

func (Record) TableName() string { return "record" }

type RecordNow struct {
	Record
	Gain  float64 `gorm:"type:decimal(+5,-2);default:-7"`
	Label string  `gorm:"type:text;not null;default:'?';check:label_given,label <> ''"`
}

type URL struct {
	ID            int64   `gorm:"type:INTEGER;primaryKey;autoIncrement"`
	URL           *string `gorm:"type:LONGVARCHAR;index:urls_url_index"`
	Title         *string `gorm:"type:LONGVARCHAR"`
	VisitCount    int     `gorm:"type:INTEGER;not null;default:0"`
	TypedCount    int     `gorm:"type:INTEGER;not null;default:0"`
	LastVisitTime int64   `gorm:"type:INTEGER;not null"`
	Hidden        bool    `gorm:"type:INTEGER;not null;default:0"`
	URLHash       int64   `gorm:"type:INTEGER;not null;default:0;index:urls_hashindex"`
	Frecency      int     `gorm:"type:INTEGER;not null;default:-1;index:urls_frecencyindex,sort:desc,where:hidden = 0"`
}

func (URL) TableName() string { return "urls" }

type URLNow struct {
	URL
	Title      *string `gorm:"type:TEXT;default:''"`
	VisitCount int     `gorm:"type:BIGINT;not null;default:1"`
	FaviconURL string  `gorm:"type:LONGVARCHAR;not null;default:about:blank"`
}

type Visit struct {
	ID        int64  `gorm:"type:INTEGER;primaryKey"`
	URL       int64  `gorm:"type:INTEGER;not null;index:visits_url_index"`
	VisitTime int64  `gorm:"type:INTEGER;not null;index:visits_time_index"`
	FromVisit *int64 `gorm:"type:INTEGER"`
}

func (Visit) TableName() string { return "visits" }

type VisitNow struct {
	Visit
	VisitTime int64 `gorm:"type:INTEGER;not null;check:after_1601,visit_time >= 0"`
}

// SearchTerm has no key: its rowids stay all the same.
type SearchTerm struct {
	KeywordID int64  `gorm:"type:INTEGER;not null"`
	URLID     int64  `gorm:"column:url_id;type:INTEGER;not null"`
	Term      string `gorm:"type:LONGVARCHAR;not null"`
}

func (SearchTerm) TableName() string { return "keyword_search_terms" }

type SearchTermNow struct {
	SearchTerm
	Engine *string `gorm:"type:TEXT;unique"`
}

type Feature struct {
	Fid    int64    `gorm:"type:INTEGER;primaryKey;autoIncrement;not null"`
	Name   *string  `gorm:"type:TEXT(80)"`
	Height *int     `gorm:"type:MEDIUMINT;default:0;index:feature_height,where:height > 0"`
	Minx   *float64 `gorm:"type:REAL"`
	Maxx   *float64 `gorm:"type:REAL"`
	Geom   []byte   `gorm:"type:POLYGON"`
}

func (Feature) TableName() string { return "feature" }

type FeatureNow struct {
	Feature
	Height *int    `gorm:"type:MEDIUMINT;default:1;check:height < 9000"`
	Code   *string `gorm:"type:TEXT(8);unique"`
}

type MailMessage struct {
	Folder    string  `gorm:"type:TEXT;not null"`
	UID       int64   `gorm:"type:INTEGER;not null"`
	MessageID *string `gorm:"type:TEXT;index:message_thread,where:message_id IS NOT NULL"`
	Subject   string  `gorm:"type:TEXT;not null;default:'(no subject)'"`
	Sender    *string `gorm:"type:TEXT COLLATE NOCASE"`
	Body      *string `gorm:"type:TEXT"`
	Flags     int     `gorm:"type:INTEGER;not null;default:0"`
	Received  *int64  `gorm:"type:INTEGER"`
}

func (MailMessage) TableName() string { return "message" }

// What FTS5 finds are rowids of the table that is made anew.
type MailMessageNow struct {
	MailMessage
	Flags  int     `gorm:"type:INTEGER;not null;default:2"`
	Domain *string `gorm:"type:TEXT GENERATED ALWAYS AS (substr(sender, instr(sender, '@') + 1)) STORED;->"`
	Thread *int64  `gorm:"type:INTEGER"`
}

type Passage struct {
	ID       int64  `gorm:"type:INTEGER;primaryKey"`
	Document int64  `gorm:"type:INTEGER;not null;index:passage_document,priority:1"`
	N        int    `gorm:"type:INTEGER;not null;default:0;index:passage_document,priority:2"`
	Body     string `gorm:"type:TEXT;not null"`
	Tokens   *int   `gorm:"type:INTEGER"`
}

func (Passage) TableName() string { return "passage" }

type PassageNow struct {
	Passage
	Tokens *int    `gorm:"type:INTEGER;default:0;check:tokens_counted,tokens >= 0"`
	Hash   *string `gorm:"type:TEXT;unique"`
}

type Shape struct {
	Name *string `gorm:"type:TEXT"`
}

func (Shape) TableName() string { return "shape" }

type ShapeNow struct {
	Name *string `gorm:"type:TEXT;unique"`
}

func (ShapeNow) TableName() string { return "shape" }

var media = []made{
	{
		file:   "06-music.sql",
		models: []any{&Record{}, &Track{}},
		changes: []remodel{{
			name:    "both",
			models:  []any{&TrackNow{}, &RecordNow{}},
			added:   map[string][]string{"track": {"mood", "long"}, "record": {"label"}},
			objects: []string{"table track", "table record"},
			lines:   []string{"title TEXT", "seconds REAL", "year", "played", "gain", "CHECK (rating"},
			undo: func(m gorm.Migrator) error {
				for table, columns := range map[string][]string{"track": {"mood", "long"}, "record": {"label"}} {
					for _, c := range columns {
						if err := m.DropColumn(table, c); err != nil {
							return err
						}
					}
				}
				return nil
			},
			respelt: []string{"table record"},
		}},
		fire: []string{
			`INSERT INTO record (id, artist, title, gain) VALUES (21, 1, 'The Band', 3)`,
			`UPDATE track SET played = 9 WHERE id = 8`,
			`UPDATE track SET played = played - 1`,
			`INSERT INTO track (record, pos, title, rating) VALUES (10, 5, 'x', 0)`,
			`INSERT INTO artist (name) VALUES ('BJÖRK'), ('the band')`,
			`INSERT INTO track (record, pos, title) VALUES (20, 1, 'twice')`,
		},
		ask: []string{`SELECT * FROM chart`, `SELECT id FROM track WHERE title = 'ARMY OF ME'`},
	},
	{
		file:   "07-browser.sql",
		models: []any{&URL{}, &Visit{}, &SearchTerm{}},
		changes: []remodel{{
			name:    "altered",
			models:  []any{&URLNow{}},
			added:   map[string][]string{"urls": {"favicon_url"}},
			objects: []string{"table urls"},
			lines:   []string{"CREATE TABLE"},
			undo:    func(m gorm.Migrator) error { return m.DropColumn("urls", "favicon_url") },
		}, {
			name:    "made anew",
			models:  []any{&VisitNow{}, &SearchTermNow{}},
			added:   map[string][]string{"keyword_search_terms": {"engine"}},
			objects: []string{"table visits", "table keyword_search_terms"},
			lines:   []string{"CREATE TABLE"},
			undo: func(m gorm.Migrator) error {
				if err := m.DropConstraint("visits", "after_1601"); err != nil {
					return err
				}
				return m.DropColumn("keyword_search_terms", "engine")
			},
		}},
		fire: []string{
			`INSERT INTO visits (id, url, visit_time, from_visit, transition, visit_duration) VALUES (10, 5, 13300000000000009, 3, 1, 0)`,
			`DELETE FROM urls WHERE id = 2`,
			`DELETE FROM visits WHERE id = 1`,
		},
		ask: []string{`SELECT * FROM top_sites`},
	},
	{
		file:   "11-gis.sql",
		models: []any{&Feature{}},
		changes: []remodel{{
			name:    "made anew",
			models:  []any{&FeatureNow{}},
			added:   map[string][]string{"feature": {"code"}},
			objects: []string{"table feature"},
			lines:   []string{`"height"`, `"geom"`},
			undo: func(m gorm.Migrator) error {
				if err := m.DropConstraint("feature", "chk_feature_height"); err != nil {
					return err
				}
				return m.DropColumn("feature", "code")
			},
		}},
		fire: []string{
			`INSERT INTO feature (name, height, minx, maxx, miny, maxy) VALUES ('Mast', 40, 0, 1, 0, 1)`,
			`UPDATE feature SET minx = 2 WHERE fid = 1`,
			`DELETE FROM feature WHERE fid = 2`,
		},
		ask: []string{
			`SELECT id, label FROM rtree_feature_geom WHERE minx > 1 AND maxx < 3`,
			`SELECT cell FROM grid WHERE x0 >= 10`,
			`SELECT owner, geopoly_area(_shape) FROM area WHERE geopoly_overlap(_shape, '[[1,1],[2,1],[2,2],[1,1]]')`,
		},
	},
	{
		file:   "12-mail.sql",
		models: []any{&MailMessage{}},
		changes: []remodel{{
			name:    "made anew",
			models:  []any{&MailMessageNow{}},
			added:   map[string][]string{"message": {"domain", "thread"}},
			objects: []string{"table message"},
			lines:   []string{"flags INTEGER"},
			undo: func(m gorm.Migrator) error {
				if err := m.DropColumn("message", "domain"); err != nil {
					return err
				}
				return m.DropColumn("message", "thread")
			},
		}},
		fire: []string{
			`INSERT INTO message (folder, uid, body) VALUES ('INBOX', 9, 'new numbers')`,
			`UPDATE message SET body = 'gone' WHERE uid = 7`,
			`DELETE FROM message WHERE rowid = 3`,
			`DELETE FROM folder WHERE path = 'INBOX'`,
			`UPDATE message SET flags = 32`,
		},
		ask: []string{
			`SELECT rowid, snippet(message_search, 2, '<', '>', '…', 3) FROM message_search WHERE message_search MATCH 'run' ORDER BY rank`,
			`SELECT rowid, highlight(message_search, 0, '<', '>') FROM message_search('subject: report')`,
			`SELECT rowid FROM message_search('nu*')`,
			`SELECT rowid FROM address_search('bob')`,
			`SELECT uid FROM message WHERE unread`,
		},
	},
	{
		file:   "17-vectors.sql",
		models: []any{&Passage{}, &Shape{}},
		changes: []remodel{{
			name:    "made anew",
			models:  []any{&PassageNow{}, &ShapeNow{}},
			added:   map[string][]string{"passage": {"hash"}},
			objects: []string{"table passage", "table shape"},
			lines:   []string{"tokens", "name TEXT"},
			undo: func(m gorm.Migrator) error {
				if err := m.DropConstraint("passage", "tokens_counted"); err != nil {
					return err
				}
				return m.DropColumn("passage", "hash")
			},
		}},
		fire: []string{
			`INSERT INTO passage (id, document, body, embedding, tokens) VALUES (60, 1, 'dogs', vector32('[0.5,0.5,0,0]'), 1)`,
			`DELETE FROM passage WHERE id = 20`,
		},
		ask: []string{
			`SELECT id FROM vector_top_k('passage_embedding', vector32('[1,0,0,0]'), 2)`,
			`SELECT id FROM vector_top_k('passage_embedding', vector32('[0,0,0,1]'), 9) ORDER BY 1`,
			`SELECT s.name FROM vector_top_k('Shape_v', vector32('[0,0.1,0.9]'), 1) k JOIN shape s ON s.rowid = k.id`,
			`SELECT rowid FROM passage_fts('dogs OR sea')`,
			`SELECT * FROM near`,
		},
	},
}
