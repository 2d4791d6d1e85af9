package crash

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/gorm-libsql/libsql/internal/dbtest"
)

var killsFlag = flag.Int("kills", 0, "how many processes to kill; 0: as many as the length of the run allows")

func TestMain(m *testing.M) {
	dbtest.MainLocal(m, dbtest.NeedsFile, map[string]func([]string) error{"write": writeChild})
}

// kills is how many processes the run kills.
func kills() int {
	switch {
	case *killsFlag > 0:
		return *killsFlag
	case dbtest.Long():
		return 500
	case testing.Short():
		return 5
	}
	return 35
}

// A store is a way to a database: database/sql or GORM. Its functions make one
// commit each, of the number that they are given, and they are called by one
// goroutine each.
type store interface {
	// prepare makes the tables as far as they are missing.
	prepare() error
	// last tells the number of the last commit of a writer.
	last(writer int) (int, error)
	// write makes the next commit of a writer.
	write(writer, seq int) error
}

var stores = map[string]func(dsn string) (store, error){"sql": openSQL, "gorm": openGORM}

// writeChild writes with all writers until it is killed, and prints writer and
// number of a commit when it has been acknowledged. A print is one write to a
// pipe and shorter than PIPE_BUF, so it comes whole or not at all.
func writeChild(args []string) error {
	s, err := stores[args[0]](args[1])
	if err == nil {
		err = s.prepare()
	}
	if err == nil {
		errs := make(chan error)
		for w := range writers {
			go func() { errs <- writeOn(s, w) }()
		}
		err = <-errs
	}
	fmt.Fprintf(os.Stdout, "failed: %s\n", strings.ReplaceAll(err.Error(), "\n", " "))
	return err
}

func writeOn(s store, writer int) error {
	last, err := s.last(writer)
	if err != nil {
		return fmt.Errorf("writer %d begins: %w", writer, err)
	}
	for seq := last + 1; ; seq++ {
		if err := s.write(writer, seq); err != nil {
			return fmt.Errorf("writer %d, commit %d: %w", writer, seq, err)
		}
		if _, err := fmt.Fprintf(os.Stdout, "%d %d\n", writer, seq); err != nil {
			return errors.Join(errors.New("the parent has gone"), err)
		}
	}
}
