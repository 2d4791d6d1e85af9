// Command embedvfs asks a database that is embedded in the program itself, with
// GORM, and joins it with one in a zip archive and with the user's own:
//
//	go run ./examples/embedvfs
//
// atlas.sqlite is made from atlas.sql by
//
//	go run ./examples/embedvfs -make examples/embedvfs/atlas.sqlite
package main
