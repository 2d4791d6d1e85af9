package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"

	"github.com/gorm-libsql/libsql/callbacks"
	"github.com/gorm-libsql/libsql/callbacks/web"
)

// profiled runs work with a profiler, whose pages are at the address meanwhile
// and afterwards, until ctx ends. In between it asks something that there is no
// index for, and does what the profiler says.
func profiled(ctx context.Context, db *gorm.DB, addr string, out io.Writer, work func(*gorm.DB) error) error {
	listener, err := listen(addr)
	if err != nil {
		return err
	}
	p := callbacks.NewProfiler(callbacks.ProfilerConfig{})
	if err := db.Use(p); err != nil {
		return errors.Join(err, listener.Close())
	}
	url := "http://" + listener.Addr().String() + "/"
	stop := serve(ctx, listener, web.Handler(p, web.Config{AllowReset: true}))
	defer stop()
	fmt.Fprintf(out, "Pages of the profiler: %s\n\n", url)

	db = db.WithContext(ctx)
	// Without the hashes all files are read again.
	if err := db.Model(&File{}).Where("true").Update("hash", nil).Error; err != nil {
		return err
	}
	if err := work(db); err != nil {
		return err
	}
	if err := improve(db, p, out); err != nil {
		return err
	}
	fmt.Fprintf(out, "\nLook at %s; Ctrl-C ends.\n", url)
	<-ctx.Done()
	return nil
}

// listen opens a port that only this machine reaches: the pages tell what the
// database is asked.
func listen(addr string) (net.Listener, error) {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, fmt.Errorf("-profile: %w", err)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, errors.New("-profile takes an address of this machine alone, such as 127.0.0.1:8080")
	}
	return net.Listen("tcp", addr)
}

// serve answers requests until stop, which waits for the last of them.
func serve(ctx context.Context, l net.Listener, h http.Handler) (stop func()) {
	server := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second, BaseContext: func(net.Listener) context.Context { return ctx }}
	done := make(chan struct{})
	go func() { defer close(done); _ = server.Serve(l) }()
	return func() {
		soon, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
		defer cancel()
		if server.Shutdown(soon) != nil {
			_ = server.Close()
		}
		<-done
	}
}

// improve looks functions up by their names, takes the profiler's advice, and
// looks them up again.
func improve(db *gorm.DB, p *callbacks.Profiler, out io.Writer) error {
	var names []string
	if err := db.Model(&Function{}).Distinct().Order("name").Limit(50).Pluck("name", &names).Error; err != nil {
		return err
	}
	// An earlier run has followed the advice already.
	const index = "idx_functions_name"
	if db.Migrator().HasIndex(&Function{}, index) {
		if err := db.Migrator().DropIndex(&Function{}, index); err != nil {
			return err
		}
	}
	before, err := lookUp(db, p, names)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "\nThe profiler on %s functions that were looked up by name, one by one: %s\n", thousands(len(names)), before)
	all, err := p.Advise(db)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(all, func(a callbacks.Advice) bool {
		return a.Kind == callbacks.AdviceIndex && a.Table == "functions" && slices.Equal(a.Columns, []string{"`name`"})
	})
	if at < 0 {
		fmt.Fprintln(out, "It has no advice on that.")
		return nil
	}
	advice := all[at]
	fmt.Fprintf(out, "\n%s\n   %s\n   %s\n", advice.Title, advice.Why, advice.SQL)
	for _, trial := range advice.Trials {
		fmt.Fprintf(out, "   before: %s\n   after:  %s\n", plan(trial.Before), plan(trial.After))
	}
	if err := db.Exec(advice.SQL).Error; err != nil {
		return err
	}
	after, err := lookUp(db, p, names)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "\nThe same with the index: %s\n", after)
	return nil
}

// lookUp finds the functions of each name and tells what that took.
func lookUp(db *gorm.DB, p *callbacks.Profiler, names []string) (string, error) {
	rows, start := counted(p), time.Now()
	for _, name := range names {
		var found []Function
		if err := db.Select("id", "line").Where("name = ?", name).Find(&found).Error; err != nil {
			return "", err
		}
	}
	took := time.Since(start)
	return fmt.Sprintf("%s rows read in %.1f ms", thousands(counted(p)-rows), took.Seconds()*1000), nil
}

// counted is how many rows were read until now.
func counted(p *callbacks.Profiler) int64 { return p.Report().Total.Counters.RowsRead }

// plan is a plan on one line.
func plan(p callbacks.StatementPlan) string {
	var steps []string
	p.Walk(func(n *callbacks.PlanNode) bool { steps = append(steps, n.Detail); return true })
	return strings.Join(steps, ", ")
}
