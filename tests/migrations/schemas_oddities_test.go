package migrations_test

import "gorm.io/gorm"

type RoomItem struct {
	ItemID  int64    `gorm:"column:itemId;type:INTEGER;primaryKey;autoIncrement;not null"`
	ListID  int64    `gorm:"type:INTEGER;not null;index:index_item_list_id"`
	Label   string   `gorm:"type:TEXT;not null"`
	Amount  *float64 `gorm:"type:REAL"`
	Done    bool     `gorm:"type:INTEGER;not null"`
	Picture []byte   `gorm:"type:BLOB"`
}

func (RoomItem) TableName() string { return "item" }

type RoomItemNow struct {
	RoomItem
	Label  string `gorm:"type:VARCHAR(200);not null;default:?"`
	Length *int   `gorm:"type:INTEGER GENERATED ALWAYS AS (length(label)) STORED;->"`
}

type RoomList struct {
	ListID int64  `gorm:"column:listId;type:INTEGER;primaryKey;autoIncrement;not null"`
	Name   string `gorm:"type:TEXT;not null"`
	Color  int64  `gorm:"type:INTEGER;not null;default:0xFF00FF"`
}

func (RoomList) TableName() string { return "shopping_list" }

type RoomListNow struct {
	RoomList
	Name string `gorm:"type:TEXT;not null;unique"`
}

type Employment struct {
	ID        int64   `gorm:"type:INTEGER;primaryKey;autoIncrement:false;not null"`
	Name      string  `gorm:"type:TEXT;not null"`
	Salary    float64 `gorm:"type:NUMERIC(8,2);not null"`
	Boss      *int64  `gorm:"type:INTEGER"`
	ValidFrom int64   `gorm:"type:INTEGER;primaryKey;autoIncrement:false;not null"`
	ValidTo   int64   `gorm:"type:INTEGER;not null;default:9223372036854775807;check:period,valid_from < valid_to"`
}

func (Employment) TableName() string { return "employee_history" }

type EmploymentNow struct {
	ID        int64   `gorm:"type:INTEGER;primaryKey;autoIncrement:false;not null"`
	Salary    float64 `gorm:"type:NUMERIC(12,2);not null"`
	ValidFrom int64   `gorm:"type:INTEGER;primaryKey;autoIncrement:false;not null"`
	ValidTo   int64   `gorm:"type:INTEGER;not null;default:9223372036854775807;check:period,valid_from < valid_to AND valid_from >= 0"`
	Badge     *string `gorm:"type:TEXT;unique"`
}

func (EmploymentNow) TableName() string { return "employee_history" }

type TreeNode struct {
	ID       int64       `gorm:"type:INTEGER;primaryKey"`
	Parent   *int64      `gorm:"type:INTEGER"`
	Name     string      `gorm:"type:VARCHAR(64);not null"`
	Pos      int         `gorm:"type:INTEGER;not null;default:0"`
	Children []*TreeNode `gorm:"foreignKey:Parent;constraint:OnDelete:CASCADE,OnUpdate:SET NULL"`
}

func (TreeNode) TableName() string { return "node" }

type TreeNodeNow struct {
	ID       int64          `gorm:"type:INTEGER;primaryKey"`
	Parent   *int64         `gorm:"type:INTEGER"`
	Name     string         `gorm:"type:VARCHAR(99);not null"`
	Pos      int            `gorm:"type:INTEGER;not null;default:0;check:pos >= 0"`
	Icon     *string        `gorm:"type:TEXT;unique"`
	Children []*TreeNodeNow `gorm:"foreignKey:Parent;constraint:OnDelete:CASCADE,OnUpdate:CASCADE"`
}

func (TreeNodeNow) TableName() string { return "node" }

type Sensor struct {
	ID     int64   `gorm:"type:INTEGER;primaryKey;autoIncrement"`
	Serial string  `gorm:"type:TEXT;not null;unique"`
	Gain   float64 `gorm:"type:REAL;not null;default:1.0"`
	Calib  []byte  `gorm:"type:BLOB"`
	Extra  *string `gorm:"type:ANY"`
}

func (Sensor) TableName() string { return "sensor" }

type SensorNow struct {
	Sensor
	Gain  float64 `gorm:"type:REAL;not null;default:2"`
	Place string  `gorm:"type:TEXT;not null;default:'?';check:place_given,place <> ''"`
}

type Reading struct {
	Sensor  int64    `gorm:"type:INTEGER;primaryKey;autoIncrement:false;not null"`
	At      int64    `gorm:"type:INT;primaryKey;autoIncrement:false;not null"`
	Value   *float64 `gorm:"type:REAL"`
	Quality int      `gorm:"type:INTEGER;not null;default:-1"`
}

func (Reading) TableName() string { return "reading" }

type ReadingNow struct {
	Reading
	Quality int     `gorm:"type:INTEGER;not null;default:0"`
	Batch   *string `gorm:"type:TEXT;unique"`
}

var oddities = []made{
	{
		file:   "05-room.sql",
		models: []any{&RoomList{}, &RoomItem{}},
		changes: []remodel{{
			name:    "made anew",
			models:  []any{&RoomItemNow{}, &RoomListNow{}},
			added:   map[string][]string{"item": {"length"}},
			objects: []string{"table item", "table shopping_list"},
			lines:   []string{"CREATE TABLE"},
			undo:    func(m gorm.Migrator) error { return m.DropColumn("item", "length") },
		}},
		fire: []string{
			"UPDATE item SET label = 'white bread' WHERE itemId = 2",
			"INSERT INTO item (list_id, label, done) VALUES (1, 'jam', 0)",
			"DELETE FROM shopping_list WHERE listId = 2",
			"INSERT INTO item (list_id, label, done) VALUES (1, 'jam', 0)",
		},
		ask: []string{"SELECT docid FROM item_fts WHERE item_fts MATCH 'bread'", "SELECT * FROM OpenItem"},
	},
	{
		file:   "14-temporal.sql",
		models: []any{&Employment{}},
		changes: []remodel{{
			name:    "made anew",
			models:  []any{&EmploymentNow{}},
			added:   map[string][]string{"employee_history": {"badge"}},
			objects: []string{"table employee_history"},
			lines:   []string{"salary", "period"},
			undo:    func(m gorm.Migrator) error { return m.DropColumn("employee_history", "badge") },
			respelt: []string{"table employee_history"},
		}},
		fire: []string{
			"INSERT INTO employee (name, salary) VALUES ('Dora', 2000)",
			"UPDATE employee SET name = 'Adele' WHERE id = 1",
			"UPDATE employee SET boss = NULL WHERE id = 2",
			"DELETE FROM employee WHERE id = 2",
			"DELETE FROM employee_history",
		},
		ask: []string{"SELECT * FROM employee_changes", "SELECT * FROM payroll"},
	},
	{
		file:   "15-tree.sql",
		models: []any{&TreeNode{}},
		changes: []remodel{{
			name:    "made anew",
			models:  []any{&TreeNodeNow{}},
			added:   map[string][]string{"node": {"icon"}},
			objects: []string{"table node"},
			lines:   []string{"name VARCHAR", "parent INTEGER"},
			undo: func(m gorm.Migrator) error {
				if err := m.DropConstraint("node", "chk_node_pos"); err != nil {
					return err
				}
				return m.DropColumn("node", "icon")
			},
			respelt: []string{"table node"},
		}},
		fire: []string{
			"INSERT INTO node (parent, name) VALUES (8, 'work')",
			"UPDATE node SET parent = 13 WHERE id = 3",
			"DELETE FROM node WHERE id = 5",
			"INSERT INTO node (parent, name) VALUES (8, 'a/b')",
			"DELETE FROM node WHERE id = 8",
		},
		ask: []string{"SELECT * FROM path", "SELECT * FROM leaf", "SELECT * FROM both", "SELECT * FROM digits"},
	},
	{
		file:   "16-strict.sql",
		models: []any{&Sensor{}, &Reading{}},
		changes: []remodel{{
			name:    "made anew",
			models:  []any{&ReadingNow{}, &SensorNow{}},
			added:   map[string][]string{"reading": {"batch"}, "sensor": {"place"}},
			objects: []string{"table reading", "table sensor"},
			lines:   []string{"gain REAL", "quality INTEGER"},
			undo: func(m gorm.Migrator) error {
				if err := m.DropColumn("reading", "batch"); err != nil {
					return err
				}
				return m.DropColumn("sensor", "place")
			},
		}},
		fire: []string{
			"INSERT INTO reading (sensor, at, value, quality, raw) VALUES (2, 7, 1.5, 3, '007')",
			"INSERT INTO reading (sensor, at, value, quality) VALUES (2, 8, 1e7, 3)",
			"INSERT INTO reading (sensor, at, value, quality) VALUES (2, 'soon', 1, 3)",
			"DELETE FROM sensor WHERE id = 1",
		},
		ask: []string{"SELECT * FROM daily", "SELECT at FROM reading WHERE scaled > 200"},
	},
}
