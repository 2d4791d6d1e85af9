package main

import (
	"archive/zip"
	"bytes"
	"context"
	"database/sql"
	"embed"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"os"

	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql"
	"github.com/gorm-libsql/libsql/driver/vfs"
	"github.com/gorm-libsql/libsql/driver/vfs/fsvfs"
)

//go:embed atlas.sqlite atlas.sql
var files embed.FS

// Country is a row of the embedded database.
type Country struct {
	ID         int
	Name       string
	Capital    string
	Area       int
	Neighbours []Country `gorm:"many2many:borders;joinForeignKey:CountryID;joinReferences:NeighbourID"`
}

func main() {
	out := flag.String("make", "", "make the database anew, at this path")
	flag.Parse()
	var err error
	if *out != "" {
		err = makeAtlas(*out)
	} else {
		err = run(os.Stdout)
	}
	if err != nil {
		log.Fatal(err)
	}
}

func run(w io.Writer) (err error) {
	// A name for the files, and the database is opened by it. It can only be
	// read, and mode=ro says that this is meant.
	if err := vfs.Register("embedded", fsvfs.New(files)); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, vfs.Unregister("embedded")) }()
	db, err := gorm.Open(libsql.Open("file:atlas.sqlite?vfs=embedded&mode=ro"), &gorm.Config{})
	if err != nil {
		return err
	}
	defer closePool(db, &err)

	var largest []Country
	if err := db.Preload("Neighbours").Order("area DESC").Limit(3).Find(&largest).Error; err != nil {
		return err
	}
	for _, c := range largest {
		fmt.Fprintf(w, "%s, capital %s, %d neighbours\n", c.Name, c.Capital, len(c.Neighbours))
	}
	return errors.Join(fromZip(w), beside(w))
}

func closePool(db *gorm.DB, err *error) {
	pool, perr := db.DB()
	if perr == nil {
		perr = pool.Close()
	}
	*err = errors.Join(*err, perr)
}

// fromZip reads the database out of a zip archive.
func fromZip(w io.Writer) (err error) {
	archive, err := zipped("atlas.sqlite")
	if err != nil {
		return err
	}
	if err := vfs.Register("zip", fsvfs.New(archive)); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, vfs.Unregister("zip")) }()
	db, err := gorm.Open(libsql.Open("file:atlas.sqlite?vfs=zip&mode=ro"), &gorm.Config{})
	if err != nil {
		return err
	}
	defer closePool(db, &err)
	var n int64
	if err := db.Model(&Country{}).Count(&n).Error; err != nil {
		return err
	}
	fmt.Fprintf(w, "in the archive: %d countries\n", n)
	return nil
}

func zipped(name string) (*zip.Reader, error) {
	data, err := files.ReadFile(name)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	archive := zip.NewWriter(&b)
	f, err := archive.Create(name)
	if err == nil {
		_, err = f.Write(data)
	}
	if err = errors.Join(err, archive.Close()); err != nil {
		return nil, err
	}
	return zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
}

// beside attaches the embedded database to one of the user's own, and joins
// them.
func beside(w io.Writer) (err error) {
	ctx := context.Background()
	pool, err := sql.Open(libsql.DriverName, ":memory:")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, pool.Close()) }()
	conn, err := pool.Conn(ctx) // ATTACH is of a connection
	if err != nil {
		return err
	}
	defer conn.Close()
	if _, err := conn.ExecContext(ctx, `
		ATTACH 'file:atlas.sqlite?vfs=embedded&mode=ro' AS atlas;
		CREATE TABLE trips(country TEXT, days INTEGER);
		INSERT INTO trips VALUES ('Denmark', 5), ('Luxembourg', 2), ('Denmark', 3)`); err != nil {
		return err
	}
	rows, err := conn.QueryContext(ctx, `SELECT c.capital, sum(t.days) FROM trips t
		JOIN atlas.countries c ON c.name = t.country GROUP BY c.id ORDER BY 2 DESC`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var capital string
		var days int
		if err := rows.Scan(&capital, &days); err != nil {
			return err
		}
		fmt.Fprintf(w, "%d days near %s\n", days, capital)
	}
	return rows.Err()
}

// makeAtlas makes the file that is embedded. One in WAL mode would be read
// without its log, so it is none.
func makeAtlas(path string) (err error) {
	script, err := files.ReadFile("atlas.sql")
	if err != nil {
		return err
	}
	pool, err := sql.Open(libsql.DriverName, path+"?_journal_mode=DELETE&_pragma=page_size(1024)")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, pool.Close()) }()
	_, err = pool.Exec(string(script))
	return err
}
