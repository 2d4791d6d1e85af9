// Package callbacks shows where a program's time with its database went, and
// what to do about it.
//
// A [Profiler] is a GORM plugin. It measures every operation of GORM and every
// statement of the pool behind it, those of database/sql and of the driver's
// own calls among them, and sums them up in a [Report]: by the shape of the
// SQL, by the line of the program that asked, and by table.
//
//	p := callbacks.NewProfiler(callbacks.ProfilerConfig{})
//	if err := db.Use(p); err != nil { … }
//	…
//	fmt.Println(p.Report())
//
// What a statement did in the engine (rows read, sorts, steps of full scans)
// comes from the run itself, through the driver's tracer: nothing is run a
// second time. The callbacks add what only GORM knows: the model, the table,
// the operation that a preload belongs to, hooks, and the time to fill structs.
package callbacks
