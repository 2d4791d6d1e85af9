// Package faultvfs is a VFS for tests, which makes the calls of the VFS below
// it fail: with an error, half done, with a full disk, or because the power
// goes, which takes what was written and not synced.
//
//	base, _ := vfs.Find("")
//	faults := faultvfs.New(base)
//	vfs.Register("faults", faults)
//	db, err := sql.Open(driver.Name, "file:app.db?vfs=faults")
//	…
//	faults.Inject(faultvfs.Fault{Op: faultvfs.Write, N: 7})
//
// To try them all, run the same work with a fault in the first, the second, the
// n-th call of each kind, until [VFS.Fired] tells that a run has met none.
package faultvfs
