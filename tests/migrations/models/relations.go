package models

import "gorm.io/gorm"

// Owner has things, a profile, labels and remarks, and another owner.
type Owner struct {
	gorm.Model
	Name    string  `gorm:"not null;uniqueIndex:idx_owner,priority:1"`
	Things  []Thing `gorm:"constraint:OnUpdate:CASCADE,OnDelete:SET NULL"`
	Profile *Profile
	Labels  []Label  `gorm:"many2many:owner_labels"`
	Friends []*Owner `gorm:"many2many:owner_friends"`
	Remarks []Remark `gorm:"polymorphic:On"`
	UpID    *uint
	Up      *Owner
	Down    []Owner `gorm:"foreignKey:UpID"`
}

// Thing is an owner's.
type Thing struct {
	ID      uint
	OwnerID *uint    `gorm:"index"`
	LabelNo string   `gorm:"size:8;not null"`
	Label   Label    `gorm:"foreignKey:LabelNo;references:Code;constraint:fk_its_label,OnDelete:RESTRICT"`
	Remarks []Remark `gorm:"polymorphic:On;polymorphicValue:a thing"`
}

// Label has a text as its key.
type Label struct {
	Code   string  `gorm:"primaryKey;size:8"`
	Owners []Owner `gorm:"many2many:owner_labels"`
}

// Remark is on anything.
type Remark struct {
	ID     uint
	OnID   uint   `gorm:"index:idx_on"`
	OnType string `gorm:"index:idx_on"`
	Kind   string
}

// Profile belongs to an owner whose end it does not outlive.
type Profile struct {
	OwnerID uint  `gorm:"primaryKey;autoIncrement:false"`
	Owner   Owner `gorm:"constraint:OnDelete:CASCADE"`
}

// Employee refers to a key of two columns.
type Employee struct {
	ID       uint
	PairOrg  uint
	PairName string
	Pair     PairKey `gorm:"foreignKey:PairOrg,PairName;references:Org,Name"`
	BossID   *uint
	Boss     *Employee `gorm:"constraint:OnUpdate:CASCADE,OnDelete:SET DEFAULT"`
}

// Ring and Finger refer to each other.
type Ring struct {
	ID       uint
	FingerID *uint
	Finger   *Finger
}

// Finger is the other one.
type Finger struct {
	ID     uint
	RingID *uint
	Ring   *Ring
}

// Link is a join table of one's own, and a foreign key without a constraint.
type Link struct {
	OwnerID uint   `gorm:"primaryKey;autoIncrement:false"`
	LabelID string `gorm:"primaryKey"`
	Label   Label  `gorm:"constraint:-"`
	Weight  int    `gorm:"default:1"`
}
