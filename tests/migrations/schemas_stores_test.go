package migrations_test

import "gorm.io/gorm"

type Board struct {
	ID        string  `gorm:"type:text;primaryKey;not null"`
	Name      string  `gorm:"type:text;not null;uniqueIndex:boards_name_unique"`
	OwnerID   *string `gorm:"type:text"`
	Meta      string  `gorm:"type:text;not null;default:'{\"columns\":[\"todo\",\"doing\",\"done\"],\"wip\":3}'"`
	CreatedAt int64   `gorm:"type:integer;not null;default:(unixepoch('2024-01-01'))"`
}

func (Board) TableName() string { return "boards" }

type Card struct {
	ID        int     `gorm:"type:integer;primaryKey;not null"`
	BoardID   string  `gorm:"type:text;not null"`
	Board     Board   `gorm:"constraint:OnDelete:CASCADE"`
	Title     string  `gorm:"type:text(256);not null;uniqueIndex:cards_title_idx,expression:lower(\"title\"),where:\"cards\".\"status\" <> 'done'"`
	Status    string  `gorm:"type:text;not null;default:todo"`
	Rank      float64 `gorm:"type:real;not null;default:1.0"`
	IsDone    *bool   `gorm:"type:integer GENERATED ALWAYS AS (\"status\" = 'done') VIRTUAL;->"`
	BlockedBy *int    `gorm:"type:integer"`
}

func (Card) TableName() string { return "cards" }

type BoardNow struct {
	Board
	OwnerID *string `gorm:"type:varchar(40);unique"`
}

type CardNow struct {
	ID      int     `gorm:"type:integer;primaryKey;not null"`
	Title   string  `gorm:"type:text(512);not null;uniqueIndex:cards_title_idx,expression:upper(title),where:status <> 'done'"`
	Status  string  `gorm:"type:text;not null;default:todo;check:status_short,length(status) < 9"`
	IsDone  *bool   `gorm:"type:integer GENERATED ALWAYS AS (status IN ('done')) STORED;->"`
	Rank    float64 `gorm:"type:real;not null;default:2"`
	Section *string `gorm:"type:text"`
}

func (CardNow) TableName() string { return "cards" }

type LedgerAccount struct {
	Code     string `gorm:"type:TEXT;primaryKey;not null"`
	Name     string `gorm:"type:TEXT;not null"`
	Currency string `gorm:"type:CHARACTER(3);not null;default:EUR"`
}

func (LedgerAccount) TableName() string { return "account" }

type LedgerAccountNow struct {
	LedgerAccount
	Name string `gorm:"type:TEXT;not null;check:name_given,name <> ''"`
}

type LedgerEntry struct {
	ID       int64  `gorm:"type:INTEGER;primaryKey;autoIncrement"`
	Booked   string `gorm:"type:TEXT;not null"`
	Memo     string `gorm:"type:VARYING CHARACTER(200);not null;default:''"`
	Reverses *int64 `gorm:"type:INTEGER;unique"`
}

func (LedgerEntry) TableName() string { return "entry" }

type LedgerEntryNow struct {
	LedgerEntry
	Voucher *string `gorm:"type:VARYING CHARACTER(20);unique"`
}

// LedgerPosting's key is over two columns; a trigger forbids to change it.
type LedgerPosting struct {
	Entry   int64   `gorm:"type:INTEGER;primaryKey;autoIncrement:false;not null"`
	Line    int64   `gorm:"type:INTEGER;primaryKey;autoIncrement:false;not null"`
	Account string  `gorm:"type:TEXT;not null;default:'9999'"`
	Amount  int64   `gorm:"type:INT8;not null"`
	Rate    float64 `gorm:"type:DOUBLE PRECISION;not null;default:1.0"`
}

func (LedgerPosting) TableName() string { return "posting" }

type LedgerPostingNow struct {
	Entry  int64   `gorm:"type:INTEGER;primaryKey;autoIncrement:false;not null"`
	Line   int64   `gorm:"type:INTEGER;primaryKey;autoIncrement:false;not null"`
	Amount int64   `gorm:"type:BIGINT;not null;check:no_zero,amount <> 0 AND abs(amount) < 9000000000000000000"`
	Rate   float64 `gorm:"type:DOUBLE PRECISION;not null;default:2.0"`
	Center string  `gorm:"type:TEXT;not null;default:main"`
}

func (LedgerPostingNow) TableName() string { return "posting" }

// EAVValue has a column without a type, which no model can have.
type EAVValue struct {
	Entity    int64   `gorm:"type:INT;primaryKey;autoIncrement:false;not null"`
	Attribute string  `gorm:"type:TEXT;primaryKey;not null"`
	N         int64   `gorm:"type:INT;primaryKey;autoIncrement:false;not null;default:1"`
	Changed   *string `gorm:"type:TIMESTAMP;default:(CURRENT_TIMESTAMP)"`
}

func (EAVValue) TableName() string { return "value" }

type EAVValueNow struct {
	EAVValue
	Changed *string `gorm:"type:DATETIME;default:now"`
	Author  *string `gorm:"type:TEXT;unique"`
}

type EAVAttribute struct {
	Name     string `gorm:"type:TEXT;primaryKey"`
	Kind     string `gorm:"type:TEXT;primaryKey"`
	Required bool   `gorm:"type:BOOLEAN;default:TRUE"`
}

func (EAVAttribute) TableName() string { return "attribute" }

type EAVAttributeNow struct {
	EAVAttribute
	Required bool   `gorm:"type:BOOLEAN;default:false"`
	Hint     string `gorm:"type:TEXT;not null;default:it's"`
}

type Job struct {
	ID        int64   `gorm:"type:INTEGER;primaryKey"`
	Queue     string  `gorm:"type:TEXT;not null"`
	State     string  `gorm:"type:TEXT;not null;default:ready"`
	Priority  int     `gorm:"type:INTEGER;not null;default:0"`
	RunAt     float64 `gorm:"type:REAL;not null;default:(julianday('2024-01-01'))"`
	Attempts  int     `gorm:"type:INTEGER;not null;default:0"`
	Payload   []byte  `gorm:"type:BLOB;not null"`
	UniqueKey *string `gorm:"type:TEXT"`
	Worker    *string `gorm:"type:TEXT;index:job_running,where:state = 'running'"`
}

func (Job) TableName() string { return "job" }

type JobNow struct {
	Job
	Priority int     `gorm:"type:INTEGER;not null;default:10"`
	Attempts int     `gorm:"type:INTEGER;not null;default:0;check:attempts >= 0"`
	Trace    *string `gorm:"type:TEXT;unique"`
}

type Heartbeat struct {
	Worker string `gorm:"type:TEXT;not null;unique"`
	At     *int64 `gorm:"type:INTEGER"`
}

func (Heartbeat) TableName() string { return "heartbeat" }

type HeartbeatNow struct {
	Heartbeat
	At *int64 `gorm:"type:INTEGER;check:at >= 0"`
}

type InvoiceLine struct {
	ID      int64    `gorm:"type:INTEGER;primaryKey"`
	Doc     string   `gorm:"type:TEXT;not null"`
	Meta    *string  `gorm:"type:TEXT"`
	Qty     int      `gorm:"type:INTEGER;not null;default:1"`
	Price   float64  `gorm:"type:REAL;not null"`
	Net     float64  `gorm:"type:REAL GENERATED ALWAYS AS (round(qty * price, 2)) STORED NOT NULL;->"`
	Gross   *float64 `gorm:"type:REAL GENERATED ALWAYS AS (net + tax) VIRTUAL;->"`
	Country *string  `gorm:"type:TEXT AS (coalesce(json_extract(meta, '$.country'), 'AT')) STORED;->"`
	Note    *string  `gorm:"type:TEXT"`
}

func (InvoiceLine) TableName() string { return "line" }

type InvoiceLineNow struct {
	InvoiceLine
	Qty   int      `gorm:"type:INTEGER;not null;default:2"`
	Price float64  `gorm:"type:DOUBLE;not null;check:price_known,price IS NOT 0"`
	Gross *float64 `gorm:"type:REAL GENERATED ALWAYS AS (tax + net) VIRTUAL;->"`
	Cents *int64   `gorm:"type:INTEGER GENERATED ALWAYS AS (CAST(round(gross * 100) AS INTEGER)) STORED;->"`
}

var stores = []made{
	{
		file:   "08-drizzle.sql",
		models: []any{&Board{}, &Card{}},
		changes: []remodel{{
			name:    "made anew",
			models:  []any{&BoardNow{}, &CardNow{}},
			added:   map[string][]string{"cards": {"section"}},
			objects: []string{"table boards", "table cards", "index cards_title_idx"},
			lines:   []string{"`owner_id`", "`title`", "`rank`", "`is_done`", "status_known"},
			undo: func(m gorm.Migrator) error {
				if err := m.DropColumn("cards", "section"); err != nil {
					return err
				}
				return m.DropConstraint("cards", "status_short")
			},
		}},
		fire: []string{
			"DELETE FROM boards WHERE id = '01HKY'",
			"DELETE FROM cards WHERE id = 1",
			"UPDATE cards SET status = 'doing' WHERE id = 9",
			"UPDATE cards SET status = 'lost'",
		},
		ask: []string{"SELECT * FROM board_progress", "SELECT id FROM cards WHERE lower(title) = 'tag'"},
	},
	{
		file:   "09-ledger.sql",
		models: []any{&LedgerAccount{}, &LedgerEntry{}, &LedgerPosting{}},
		changes: []remodel{{
			name:    "made anew",
			models:  []any{&LedgerPostingNow{}, &LedgerEntryNow{}, &LedgerAccountNow{}},
			added:   map[string][]string{"posting": {"center"}, "entry": {"voucher"}},
			objects: []string{"table account", "table entry", "table posting"},
			lines:   []string{"amount", "rate "},
			undo: func(m gorm.Migrator) error {
				if err := m.DropColumn("posting", "center"); err != nil {
					return err
				}
				if err := m.DropColumn("entry", "voucher"); err != nil {
					return err
				}
				return m.DropConstraint("account", "name_given")
			},
			respelt: []string{"table posting"},
		}},
		fire: []string{
			"INSERT INTO entry (booked, memo) VALUES ('2024-03-01', 'Rent')",
			"INSERT INTO posting (entry, line, account, amount, rate) VALUES (4, 1, '1100', -800, 1), (4, 2, '9999', 800, 1)",
			"UPDATE posting SET amount = 1 WHERE entry = 1",
			"UPDATE entry SET memo = 'Sale?' WHERE id = 2",
			"DELETE FROM account WHERE code = '1100'",
			"UPDATE account SET code = '1001' WHERE code = '1000'",
			"DELETE FROM entry WHERE id = 2",
			"INSERT INTO account (code, name, kind) VALUES ('12', 'x', 'A')",
		},
		ask: []string{"SELECT * FROM trial_balance"},
	},
	{
		file:   "10-eav.sql",
		models: []any{&EAVAttribute{}, &EAVValue{}},
		changes: []remodel{{
			name:    "made anew",
			models:  []any{&EAVValueNow{}, &EAVAttributeNow{}},
			added:   map[string][]string{"value": {"author"}, "attribute": {"hint"}},
			objects: []string{"table value", "table attribute"},
			lines:   []string{"changed", "required BOOL"},
			undo: func(m gorm.Migrator) error {
				if err := m.DropColumn("value", "author"); err != nil {
					return err
				}
				return m.DropColumn("attribute", "hint")
			},
			respelt: []string{"table value"},
		}},
		fire: []string{
			"INSERT INTO value (entity, attribute, v, t, unit, changed) VALUES (3, 'color', '12', '12', '012', '')",
			"DELETE FROM entity WHERE id = 1",
			"INSERT INTO attribute (name, kind, required) VALUES ('COLOR', 'shirt', 1)",
		},
		ask: []string{"SELECT * FROM sheet", "SELECT * FROM classes", "SELECT rowid FROM value WHERE typeof(v) IN ('integer', 'real') AND CAST(v AS REAL) > 42"},
	},
	{
		file:   "13-queue.sql",
		models: []any{&Job{}, &Heartbeat{}},
		changes: []remodel{{
			name:    "made anew",
			models:  []any{&JobNow{}, &HeartbeatNow{}},
			added:   map[string][]string{"job": {"trace"}},
			objects: []string{"table job", "table heartbeat"},
			lines:   []string{"priority", "CREATE TABLE heartbeat"},
			undo: func(m gorm.Migrator) error {
				if err := m.DropConstraint("job", "chk_job_attempts"); err != nil {
					return err
				}
				if err := m.DropConstraint("heartbeat", "chk_heartbeat_at"); err != nil {
					return err
				}
				return m.DropColumn("job", "trace")
			},
		}},
		fire: []string{
			"INSERT INTO job (queue, priority, payload) VALUES ('video', 0, '')",
			"UPDATE job SET state = 'running', worker = 'w2' WHERE id = 1",
			"UPDATE job SET attempts = 3 WHERE id = 7",
			"INSERT INTO job (queue, priority, payload, unique_key) VALUES ('mail', 0, '', 'welcome:1')",
			"INSERT INTO job (queue, priority, payload, attempts) VALUES ('mail', 0, '', 26)",
			"INSERT INTO job (queue, priority, payload) VALUES ('mail', 100, '')",
			"INSERT INTO heartbeat (rowid, worker) VALUES (1, 'w1')",
			"INSERT INTO queue (name) VALUES ('mail')",
		},
		ask: []string{"SELECT id, queue, payload, place FROM next_job"},
	},
	{
		file:   "20-generated.sql",
		models: []any{&InvoiceLine{}},
		changes: []remodel{{
			name:    "made anew",
			models:  []any{&InvoiceLineNow{}},
			added:   map[string][]string{"line": {"cents"}},
			objects: []string{"table line"},
			lines:   []string{"qty INTEGER", "price REAL", "gross REAL", "AS (net + tax)"},
			undo: func(m gorm.Migrator) error {
				if err := m.DropColumn("line", "cents"); err != nil {
					return err
				}
				return m.DropConstraint("line", "price_known")
			},
			respelt: []string{"table line"},
		}},
		fire: []string{
			"UPDATE line SET qty = 4 WHERE id = 1",
			"INSERT INTO line (doc, qty, price, meta) VALUES ('R3', 1, 2, '{\"sku\":7}')",
			"INSERT INTO line (doc, qty, price, meta) VALUES ('R3', 1, 2, '{\"country\":\"XX\"}')",
			"INSERT INTO line (doc, qty, price) VALUES ('R3', -1, 1e10)",
		},
		ask: []string{"SELECT * FROM totals", "SELECT id FROM line WHERE label = 'r1 ×3'"},
	},
}
