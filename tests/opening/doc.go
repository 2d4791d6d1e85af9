// Package opening tests how database files are opened: what a path and the
// parameters of a DSN mean on a real file, which failures there are, and what
// the files look like before and after. Other processes are child processes,
// and another user is one of them.
package opening
