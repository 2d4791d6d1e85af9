package kit

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"gorm.io/gorm"
)

// Model is one of a hundred models: the length of the array in N is its
// number.
type Model[N any] struct {
	gorm.Model
	Name     string  `gorm:"size:100;not null;default:nobody;index"`
	Email    *string `gorm:"size:100;uniqueIndex"`
	Age      int     `gorm:"default:18"`
	Score    float64 `gorm:"check:,score < 100"`
	Active   bool    `gorm:"default:true"`
	Born     time.Time
	Note     string `gorm:"type:text"`
	Data     []byte
	ParentID *uint
	Parent   *Model[N]
	Left     N `gorm:"-"`
}

// TableName is the table of the model with that number.
func (m Model[N]) TableName() string { return fmt.Sprintf("models_%d", reflect.TypeOf(m.Left).Len()) }

// models are a program's models, as many as a large one has.
var models = []any{
	&Model[[0]int]{}, &Model[[1]int]{}, &Model[[2]int]{}, &Model[[3]int]{}, &Model[[4]int]{}, &Model[[5]int]{}, &Model[[6]int]{}, &Model[[7]int]{}, &Model[[8]int]{}, &Model[[9]int]{},
	&Model[[10]int]{}, &Model[[11]int]{}, &Model[[12]int]{}, &Model[[13]int]{}, &Model[[14]int]{}, &Model[[15]int]{}, &Model[[16]int]{}, &Model[[17]int]{}, &Model[[18]int]{}, &Model[[19]int]{},
	&Model[[20]int]{}, &Model[[21]int]{}, &Model[[22]int]{}, &Model[[23]int]{}, &Model[[24]int]{}, &Model[[25]int]{}, &Model[[26]int]{}, &Model[[27]int]{}, &Model[[28]int]{}, &Model[[29]int]{},
	&Model[[30]int]{}, &Model[[31]int]{}, &Model[[32]int]{}, &Model[[33]int]{}, &Model[[34]int]{}, &Model[[35]int]{}, &Model[[36]int]{}, &Model[[37]int]{}, &Model[[38]int]{}, &Model[[39]int]{},
	&Model[[40]int]{}, &Model[[41]int]{}, &Model[[42]int]{}, &Model[[43]int]{}, &Model[[44]int]{}, &Model[[45]int]{}, &Model[[46]int]{}, &Model[[47]int]{}, &Model[[48]int]{}, &Model[[49]int]{},
	&Model[[50]int]{}, &Model[[51]int]{}, &Model[[52]int]{}, &Model[[53]int]{}, &Model[[54]int]{}, &Model[[55]int]{}, &Model[[56]int]{}, &Model[[57]int]{}, &Model[[58]int]{}, &Model[[59]int]{},
	&Model[[60]int]{}, &Model[[61]int]{}, &Model[[62]int]{}, &Model[[63]int]{}, &Model[[64]int]{}, &Model[[65]int]{}, &Model[[66]int]{}, &Model[[67]int]{}, &Model[[68]int]{}, &Model[[69]int]{},
	&Model[[70]int]{}, &Model[[71]int]{}, &Model[[72]int]{}, &Model[[73]int]{}, &Model[[74]int]{}, &Model[[75]int]{}, &Model[[76]int]{}, &Model[[77]int]{}, &Model[[78]int]{}, &Model[[79]int]{},
	&Model[[80]int]{}, &Model[[81]int]{}, &Model[[82]int]{}, &Model[[83]int]{}, &Model[[84]int]{}, &Model[[85]int]{}, &Model[[86]int]{}, &Model[[87]int]{}, &Model[[88]int]{}, &Model[[89]int]{},
	&Model[[90]int]{}, &Model[[91]int]{}, &Model[[92]int]{}, &Model[[93]int]{}, &Model[[94]int]{}, &Model[[95]int]{}, &Model[[96]int]{}, &Model[[97]int]{}, &Model[[98]int]{}, &Model[[99]int]{},
}

var migrations = []Workload{
	{Name: "AutoMigrate of 100 unchanged models", Schema: true, Run: func(b *testing.B, db *gorm.DB) {
		must(b, db.AutoMigrate(models...))
		b.ResetTimer()
		for range b.N {
			must(b, db.AutoMigrate(models...))
		}
	}},
}
