// Package fsvfs reads databases from where no files are: from an io.ReaderAt,
// and from any io/fs.FS, such as the files that a program embeds or those of a
// zip archive. The databases are immutable.
//
//	//go:embed assets
//	var assets embed.FS
//
//	vfs.Register("assets", fsvfs.New(assets))
//	db, err := sql.Open(driver.Name, "file:assets/app.db?vfs=assets&mode=ro")
//
// A database in WAL mode is read without its -wal file: checkpoint it before
// it is packed (PRAGMA wal_checkpoint(TRUNCATE)), or write it with VACUUM INTO.
package fsvfs
