package migrations_test

import (
	"time"

	"gorm.io/gorm"
)

// Django's tracker_issue, with the tables that it refers to.
type DjangoIssue struct {
	ID         int64      `gorm:"type:integer;primaryKey;autoIncrement"`
	Number     uint       `gorm:"type:integer unsigned;not null"`
	Title      string     `gorm:"type:varchar(200);not null"`
	Body       *string    `gorm:"type:text;not null"`
	State      string     `gorm:"type:varchar(12);not null"`
	Weight     float64    `gorm:"type:decimal;not null"`
	OpenedAt   time.Time  `gorm:"type:datetime;not null"`
	Spent      *int64     `gorm:"type:bigint"`
	Token      string     `gorm:"type:char(32);not null"`
	ProjectID  int64      `gorm:"type:bigint;not null;index:tracker_issue_project_id_6ab8f4f1"`
	ReporterID *int       `gorm:"type:integer"`
	Deleted    *time.Time `gorm:"-"`
}

func (DjangoIssue) TableName() string { return "tracker_issue" }

type DjangoIssueWider struct {
	DjangoIssue
	Title    string  `gorm:"type:varchar(250);not null;default:Untitled"`
	Body     *string `gorm:"type:text"`
	Spent    *int64  `gorm:"type:bigint;default:0"`
	Estimate *int64  `gorm:"type:bigint;index:tracker_issue_estimate,where:estimate > 0"`
}

type DjangoUser struct {
	ID       int    `gorm:"type:integer;primaryKey;autoIncrement"`
	Username string `gorm:"type:varchar(150);not null;unique"`
	Email    string `gorm:"type:varchar(254);not null"`
}

func (DjangoUser) TableName() string { return "auth_user" }

type DjangoIssueChecked struct {
	DjangoIssue
	Weight   float64 `gorm:"type:decimal;not null;check:weight_positive,weight > 0"`
	Reporter *DjangoUser
}

type RailsCustomer struct {
	ID          int64     `gorm:"type:integer;primaryKey;autoIncrement"`
	Email       string    `gorm:"type:varchar;not null;default:'';uniqueIndex:index_customers_on_email"`
	Name        *string   `gorm:"type:varchar"`
	Admin       bool      `gorm:"type:boolean;default:false"`
	Preferences string    `gorm:"type:json;not null;default:{}"`
	CreatedAt   time.Time `gorm:"type:datetime(6);not null"`
	UpdatedAt   time.Time `gorm:"type:datetime(6);not null"`
}

func (RailsCustomer) TableName() string { return "customers" }

type RailsOrder struct {
	ID          int64         `gorm:"type:integer;primaryKey;autoIncrement"`
	CustomerID  int64         `gorm:"type:integer;not null"`
	Customer    RailsCustomer `gorm:"constraint:OnDelete:CASCADE"`
	Number      string        `gorm:"type:varchar(20);not null"`
	Total       float64       `gorm:"type:decimal(10,2);not null;default:0.0"`
	Lines       int           `gorm:"type:integer;not null;default:0"`
	PlacedOn    string        `gorm:"type:date;default:(CURRENT_DATE)"`
	Note        *string
	LockVersion int            `gorm:"type:integer;default:0"`
	Items       []RailsLine    `gorm:"foreignKey:OrderID"`
	Removed     gorm.DeletedAt `gorm:"-:migration"`
}

func (RailsOrder) TableName() string { return "orders" }

type RailsLine struct {
	ID       int64    `gorm:"type:integer;primaryKey;autoIncrement"`
	OrderID  *int64   `gorm:"type:integer"`
	Sku      string   `gorm:"type:varchar;not null"`
	Quantity int      `gorm:"type:integer;not null;default:1;check:chk_rails_quantity,quantity > 0"`
	Price    *float64 `gorm:"type:decimal(10,2)"`
}

func (RailsLine) TableName() string { return "line_items" }

// All three tables are made anew: rows of the others refer to them, and are
// deleted with them if that is done wrong.
type RailsCustomerNow struct {
	RailsCustomer
	Name *string `gorm:"type:varchar;unique"`
}

type RailsOrderNow struct {
	ID         int64            `gorm:"type:integer;primaryKey;autoIncrement"`
	CustomerID int64            `gorm:"type:integer;not null"`
	Customer   RailsCustomerNow `gorm:"constraint:OnDelete:RESTRICT"`
	Number     string           `gorm:"type:varchar(20);not null;check:number_given,number <> ''"`
	Total      float64          `gorm:"type:decimal(12,2);not null;default:0.0"`
	Note       *string          `gorm:"default:none"`
	PlacedOn   string           `gorm:"type:date"`
}

func (RailsOrderNow) TableName() string { return "orders" }

type RailsLineNow struct {
	ID       int64   `gorm:"type:integer;primaryKey;autoIncrement"`
	OrderID  *int64  `gorm:"type:integer"`
	Sku      string  `gorm:"type:varchar;not null"`
	Quantity int     `gorm:"type:integer;not null;default:1;check:chk_rails_quantity,quantity BETWEEN 1 AND 99"`
	Tax      float64 `gorm:"type:decimal(10,2);not null;default:19"`
}

func (RailsLineNow) TableName() string { return "line_items" }

type Album struct {
	ID       int    `gorm:"type:INTEGER;primaryKey"`
	ParentID *int   `gorm:"type:INTEGER"`
	Title    string `gorm:"type:VARCHAR(120);not null"`
}

func (Album) TableName() string { return "album" }

type AlbumNow struct {
	Album
	Title string `gorm:"type:VARCHAR(120);not null;check:title_given,length(title) > 0"`
	Intro *string
}

type Photo struct {
	ID       int     `gorm:"type:INTEGER;primaryKey"`
	AlbumID  int     `gorm:"type:INTEGER;not null"`
	FileName string  `gorm:"type:VARCHAR(255);not null;unique"`
	Checksum []byte  `gorm:"type:BLOB"`
	Taken    *string `gorm:"type:DATETIME;default:(CURRENT_TIMESTAMP);index:ix_photo_taken"`
	Rating   int     `gorm:"type:SMALLINT;not null;default:0"`
	Kind     string  `gorm:"type:VARCHAR(5);not null;default:'jpeg';check:ck_photo_kind,kind IN ('jpeg', 'raw', 'heif')"`
	Public   int     `gorm:"type:BOOLEAN;not null;default:0"`
	Order    *int    `gorm:"column:order;type:INTEGER"`
	Make     *string `gorm:"column:exif.Make;type:TEXT COLLATE NOCASE"`
}

func (Photo) TableName() string { return "photo" }

type PhotoNow struct {
	ID       int     `gorm:"type:INTEGER;primaryKey"`
	FileName string  `gorm:"type:VARCHAR(300);not null;unique"`
	Taken    *string `gorm:"type:DATETIME"`
	Public   int     `gorm:"type:BOOLEAN;not null;default:1"`
	Kind     string  `gorm:"type:VARCHAR(5);not null;default:'jpeg';check:ck_photo_kind,kind IN ('jpeg', 'raw', 'heif', 'avif')"`
	Make     *string `gorm:"column:exif.Make;type:VARCHAR(80) COLLATE NOCASE"`
}

func (PhotoNow) TableName() string { return "photo" }

type PrismaPost struct {
	ID        string     `gorm:"column:id;type:TEXT;primaryKey;not null"`
	AuthorID  int64      `gorm:"column:authorId;type:INTEGER;not null"`
	Author    PrismaUser `gorm:"constraint:Post_authorId_fkey,OnDelete:RESTRICT,OnUpdate:CASCADE"`
	Title     string     `gorm:"column:title;type:TEXT;not null"`
	Views     int64      `gorm:"column:views;type:BIGINT;not null;default:0"`
	Score     float64    `gorm:"column:score;type:REAL;not null;default:0.5"`
	Cover     []byte     `gorm:"column:cover;type:BLOB"`
	Published bool       `gorm:"column:published;type:BOOLEAN;not null;default:false"`
	UpdatedAt int64      `gorm:"column:updatedAt;type:DATETIME;not null"`
}

func (PrismaPost) TableName() string { return "Post" }

type PrismaUser struct {
	ID    int64  `gorm:"column:id;type:INTEGER;primaryKey;autoIncrement;not null"`
	Email string `gorm:"column:email;type:TEXT;not null;uniqueIndex:User_email_key"`
	Role  string `gorm:"column:role;type:TEXT;not null;default:USER"`
}

func (PrismaUser) TableName() string { return "User" }

type PrismaPostNow struct {
	ID        string     `gorm:"column:id;type:TEXT;primaryKey;not null"`
	AuthorID  int64      `gorm:"column:authorId;type:INTEGER;not null"`
	Author    PrismaUser `gorm:"constraint:Post_authorId_fkey,OnDelete:CASCADE,OnUpdate:SET NULL"`
	Slug      *string    `gorm:"column:slug;type:TEXT;unique"`
	Views     int64      `gorm:"column:views;type:INTEGER;not null;default:1"`
	Published bool       `gorm:"column:published;type:BOOLEAN;not null;default:true"`
}

func (PrismaPostNow) TableName() string { return "Post" }

var office = []made{
	{
		file:   "01-django.sql",
		models: []any{&DjangoIssue{}, &DjangoUser{}},
		changes: []remodel{{
			name:    "altered",
			models:  []any{&DjangoIssueWider{}},
			added:   map[string][]string{"tracker_issue": {"estimate"}},
			objects: []string{"table tracker_issue", "index tracker_issue_estimate"},
			lines:   []string{"tracker_issue"},
			undo: func(m gorm.Migrator) error {
				return m.DropColumn("tracker_issue", "estimate")
			},
		}, {
			name:    "made anew",
			models:  []any{&DjangoIssueChecked{}},
			objects: []string{"table tracker_issue"},
			lines:   []string{"tracker_issue"},
			undo: func(m gorm.Migrator) error {
				return m.DropConstraint("tracker_issue", "weight_positive")
			},
		}},
		fire: []string{
			`INSERT INTO tracker_issue (number, title, body, state, weight, opened_at, spent, token, project_id) VALUES (7, 't', '', 'open', 1, '2024', 5, 'x', 3)`,
			`INSERT INTO tracker_issue (number, title, body, state, weight, opened_at, token, project_id) VALUES (8, 't', '', 'lost', 1, '2024', 'x', 3)`,
			`UPDATE tracker_issue SET number = -1 WHERE id = 10`,
			`UPDATE tracker_issue SET project_id = 99 WHERE id = 11`,
		},
		ask: []string{`SELECT id FROM tracker_issue WHERE state = 'open' ORDER BY opened_at DESC`},
	},
	{
		file:   "02-rails.sql",
		models: []any{&RailsCustomer{}, &RailsOrder{}, &RailsLine{}},
		changes: []remodel{{
			name:    "three tables",
			models:  []any{&RailsLineNow{}, &RailsOrderNow{}, &RailsCustomerNow{}},
			added:   map[string][]string{"line_items": {"tax"}},
			objects: []string{"table customers", "table orders", "table line_items"},
			lines:   []string{"CREATE TABLE", "FOREIGN KEY", "REFERENCES", "ON DELETE"},
			undo: func(m gorm.Migrator) error {
				if err := m.DropColumn("line_items", "tax"); err != nil {
					return err
				}
				return m.DropConstraint("orders", "number_given")
			},
			respelt: []string{"table orders", "table line_items"},
		}},
		fire: []string{
			`INSERT INTO line_items (order_id, sku, quantity, price) VALUES (9, 'pen', 4, 2.5)`,
			`DELETE FROM line_items WHERE sku = 'ink'`,
			`INSERT INTO customers (email, created_at, updated_at) VALUES ('ANN@example.COM', '', '')`,
			`INSERT INTO orders (customer_id, number) VALUES (77, 'x')`,
			`UPDATE line_items SET quantity = 0`,
		},
		ask: []string{`SELECT number FROM orders ORDER BY lower(number) DESC`, `SELECT id FROM customers WHERE email = 'BO@example.com'`},
	},
	{
		file:   "03-sqlalchemy.sql",
		models: []any{&Album{}, &Photo{}},
		changes: []remodel{{
			name:    "checks and defaults",
			models:  []any{&PhotoNow{}, &AlbumNow{}},
			added:   map[string][]string{"album": {"intro"}},
			objects: []string{"table album", "table photo"},
			lines:   []string{"file_name VARCHAR", "taken", "public BOOLEAN", "ck_photo_kind", "exif.Make"},
			undo: func(m gorm.Migrator) error {
				if err := m.DropColumn("album", "intro"); err != nil {
					return err
				}
				return m.DropConstraint("album", "title_given")
			},
			respelt: []string{"table photo"},
		}},
		fire: []string{
			`DELETE FROM album WHERE id = 3`,
			`INSERT INTO photo (album_id, file_name, kind) VALUES (1, 'x', 'bmp')`,
			`INSERT INTO photo (album_id, file_name, rating) VALUES (1, 'x', 6)`,
			`UPDATE album SET id = 20 WHERE id = 2`,
		},
		ask: []string{`SELECT id FROM photo WHERE "exif.Make" = 'canon'`, `SELECT tag FROM photo_tag ORDER BY 1`},
	},
	{
		file:   "04-prisma.sql",
		models: []any{&PrismaUser{}, &PrismaPost{}},
		changes: []remodel{{
			name:    "another key",
			models:  []any{&PrismaPostNow{}},
			added:   map[string][]string{"Post": {"slug"}},
			objects: []string{"table Post"},
			lines:   []string{"views", "published", "Post_authorId_fkey"},
			undo: func(m gorm.Migrator) error {
				return m.DropColumn("Post", "slug")
			},
			respelt: []string{"table Post"},
		}},
		fire: []string{
			`UPDATE "Post" SET "id" = 'y' WHERE "id" = 'x'`,
			`DELETE FROM "Tag" WHERE "name" = 'sql'`,
			`INSERT INTO "_PostToTag" ("A", "B") VALUES ('nope', 'go')`,
			`INSERT INTO "User" ("email") VALUES ('a@b.c')`,
		},
		ask: []string{`SELECT "id" FROM "Post" WHERE "authorId" = 1 ORDER BY "updatedAt"`},
	},
}
