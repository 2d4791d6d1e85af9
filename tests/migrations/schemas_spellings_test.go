package migrations_test

import "gorm.io/gorm"

type Person struct {
	Number int64    `gorm:"column:番号;type:INTEGER;primaryKey"`
	Name   string   `gorm:"column:氏名;type:TEXT;not null"`
	Mail   *string  `gorm:"column:E-Mail Adresse;type:TEXT;unique"`
	Height *float64 `gorm:"column:größe;type:REAL"`
	Other  *string  `gorm:"column:grÖße;type:TEXT"` // another column: only ASCII letters have a case
	Street *int     `gorm:"column:straße nr;type:INTEGER;default:1"`
	Semi   *string  `gorm:"column:semi\\;colon;type:TEXT;default:'a\\;b'"`
	Hi     *string  `gorm:"column:say \"hi\";type:TEXT;default:it's"`
	Tick   *string  "gorm:\"column:tick`s;type:TEXT\""
	Order  *int     `gorm:"column:ORDER;type:INTEGER"`
	Key    *string  `gorm:"column:PRIMARY KEY;type:TEXT"`
	Blank  *string  `gorm:"column: ;type:TEXT"`
	Smile  *string  `gorm:"column:😀;type:TEXT"`
	Dotted *string  `gorm:"column:a.b;type:TEXT"`
	Break  *string  `gorm:"column:line\nbreak;type:TEXT"`
	Имя    *string  `gorm:"column:имя;type:TEXT COLLATE NOCASE"`
}

func (Person) TableName() string { return "利用者" }

type PersonNow struct {
	Person
	Name   string   `gorm:"column:氏名;type:VARCHAR(99);not null;default:名無し"`
	Height *float64 `gorm:"column:größe;type:DOUBLE"`
	Semi   *string  `gorm:"column:semi\\;colon;type:TEXT;default:'a\\;c'"`
	Hi     *string  `gorm:"column:say \"hi\";type:TEXT;default:'\"'"`
	Nick   *string  `gorm:"column:あだ名;type:TEXT;unique"`
}

type TableTable struct {
	Index int64   `gorm:"column:index;type:INTEGER;primaryKey"`
	Table *string `gorm:"column:table;type:TEXT"`
	Check *string `gorm:"column:check;type:TEXT"`
}

func (TableTable) TableName() string { return "table" }

type TableTableNow struct {
	TableTable
	Select *string `gorm:"column:select;type:TEXT;unique"`
}

// Kunde and Bon are of a program that writes texts in double quotes.
type Kunde struct {
	KundeNr int64   `gorm:"column:KundeNr;type:INTEGER;primaryKey"`
	Name    string  `gorm:"column:Name;type:TEXT;not null;default:unbekannt"`
	Art     *string `gorm:"column:Art;type:TEXT;default:privat"`
	Ort     *string `gorm:"column:Ort;type:VARCHAR(40);default:''"`
	Status  *string `gorm:"column:Status;type:CHAR(1);default:a"`
	Seit    *string `gorm:"column:Seit;type:DATE;default:2006-01-01"`
}

func (Kunde) TableName() string { return "Kunde" }

type KundeNow struct {
	Kunde
	Ort    *string `gorm:"column:Ort;type:VARCHAR(60);default:?"`
	Status *string `gorm:"column:Status;type:CHAR(1);default:b"`
	Mail   *string `gorm:"column:Mail;type:TEXT"`
}

type Bon struct {
	BonNr  int64   `gorm:"column:BonNr;type:INTEGER;primaryKey"`
	Art    string  `gorm:"column:Art;type:TEXT;not null;default:bar"`
	Betrag *string `gorm:"column:Betrag;type:NUMERIC(10,2);default:0"`
	Storno *string `gorm:"column:Storno;type:TEXT;default:nein"`
}

func (Bon) TableName() string { return "Bon" }

type BonNow struct {
	Bon
	Storno *string `gorm:"column:Storno;type:TEXT;default:nein;check:storno_ok,Storno IN (\"ja\", \"nein\", \"halb\")"`
	Kasse  *string `gorm:"column:Kasse;type:TEXT;unique"`
}

var spellings = []made{
	{
		file:   "18-names.sql",
		models: []any{&Person{}, &TableTable{}},
		changes: []remodel{{
			name:    "made anew",
			models:  []any{&PersonNow{}, &TableTableNow{}},
			added:   map[string][]string{"利用者": {"あだ名"}, "table": {"select"}},
			objects: []string{"table 利用者", "table table"},
			lines:   []string{`"氏名"`, "`größe` REAL", `"semi;colon"`, `say ""hi""`, "CREATE TABLE"},
			undo: func(m gorm.Migrator) error {
				if err := m.DropColumn("利用者", "あだ名"); err != nil {
					return err
				}
				return m.DropColumn("table", "SELECT")
			},
			respelt: []string{"table 利用者"},
		}},
		fire: []string{
			`INSERT INTO "利用者" ("番号", "氏名", "a.b", "😀", "say ""hi""", "semi;colon") VALUES (9, '李', 'x', '🙃', 'hi', '')`,
			`DELETE FROM "my.table-1" WHERE id = 5`,
			`INSERT INTO "利用者" ("番号", "氏名", "имя") VALUES (10, '王', '--')`,
			`INSERT INTO "利用者" ("番号", "氏名", "größe") VALUES (10, '王', 0)`,
		},
		ask: []string{`SELECT * FROM "вид"`, `SELECT "番号" FROM "利用者" WHERE "имя" = 'Ян'`},
	},
	{
		file:   "19-legacy.sql",
		models: []any{&Kunde{}, &Bon{}},
		changes: []remodel{{
			name:    "altered",
			models:  []any{&KundeNow{}},
			added:   map[string][]string{"Kunde": {"Mail"}},
			objects: []string{"table Kunde"},
			lines:   []string{"Ort", "Status"},
			undo:    func(m gorm.Migrator) error { return m.DropColumn(&Kunde{}, "mail") },
		}, {
			name:    "made anew",
			models:  []any{&BonNow{}},
			added:   map[string][]string{"Bon": {"Kasse"}},
			objects: []string{"table Bon"},
			lines:   []string{"storno_ok"},
			undo:    func(m gorm.Migrator) error { return m.DropColumn("Bon", "Kasse") },
			respelt: []string{"table Bon"},
		}},
		fire: []string{
			`INSERT INTO Bon (BonNr, Kunde, Art, Betrag) VALUES (9, 1, 'bar', 5)`,
			`UPDATE Bon SET Storno = 'ja' WHERE BonNr < 9`,
			`UPDATE Bon SET Storno = 'vielleicht'`,
			`DELETE FROM Kunde WHERE KundeNr = 2`,
			`INSERT INTO Kunde (Name, Art, Ort, Status) VALUES ('Huber KG', 'firma', '', 'a')`,
		},
		ask: []string{`SELECT * FROM Offen`, `SELECT * FROM Firmen`, `SELECT KundeNr FROM Kunde WHERE lower(Name || " / " || Ort) = "maier / ulm"`},
	},
}
