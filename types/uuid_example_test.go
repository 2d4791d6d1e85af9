package types_test

import (
	"fmt"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/types"
)

func openExample(models ...any) (db *gorm.DB, closeDB func()) {
	db, err := gorm.Open(libsql.Open(":memory:"), &gorm.Config{Logger: logger.Discard})
	if err != nil {
		panic(err)
	}
	if err := db.AutoMigrate(models...); err != nil {
		panic(err)
	}
	pool, err := db.DB()
	if err != nil {
		panic(err)
	}
	return db, func() { pool.Close() }
}

func ExampleUUID() {
	type Note struct {
		ID    types.UUID // the primary key fills itself
		Token types.UUID `gorm:"uuid:v4"`
		Reply *types.UUID
	}
	db, closeDB := openExample(&Note{})
	defer closeDB()
	note := Note{}
	if err := db.Create(&note).Error; err != nil {
		fmt.Println(err)
	}
	var found Note
	err := db.First(&found, note.ID).Error
	fmt.Printf("%v %d %d %v %v\n", found == note, uuid.UUID(found.ID).Version(), uuid.UUID(found.Token).Version(), found.Reply, err)
	// Output: true 7 4 <nil> <nil>
}

func ExampleParseUUID() {
	u, err := types.ParseUUID("{A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11}")
	fmt.Println(u, err)
	_, err = types.ParseUUID("a0eebc99")
	fmt.Println(err)
	// Output:
	// a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11 <nil>
	// libsql: "a0eebc99" is no UUID
}

func ExampleNewV7() {
	a, b := types.NewV7(), types.NewV7()
	at, ok := a.Time()
	fmt.Println(a.String() < b.String(), time.Since(at) < time.Minute, ok)
	// Output: true true true
}

func ExampleUUIDBlob() {
	type Session struct {
		ID    uint
		Token types.UUID `gorm:"default:(uuid_blob(uuid()))"`
	}
	db, closeDB := openExample(&Session{})
	defer closeDB()
	session := Session{}
	err := db.Create(&session).Error // the database made the token
	old := session.Token
	fmt.Println(old.IsZero(), err)
	err = db.Model(&session).Update("token", types.UUIDBlob(types.RandomUUID())).Error
	db.First(&session, session.ID)
	fmt.Println(session.Token == old, err)
	// Output:
	// false <nil>
	// false <nil>
}
