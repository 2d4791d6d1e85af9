// Package web shows what a [callbacks.Profiler] has measured as pages for a
// browser: what the database is asked now, which queries cost most, how SQLite
// runs them, who waits for whom, and what to do about it.
//
//	p := callbacks.NewProfiler(callbacks.ProfilerConfig{})
//	if err := db.Use(p); err != nil { … }
//	http.Handle("/debug/libsql/", web.Handler(p, web.Config{}))
//
// The pages are HTML with charts in SVG, all of it made on the server. They
// load nothing from elsewhere, work without script, and change nothing. They
// tell the SQL, the schema and the source lines of the program: mount them
// where only those get who may know that. Bound values are shown if the
// profiler keeps them (ProfilerConfig.Args), which by default it does not.
package web
