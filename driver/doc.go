// Package driver is a database/sql driver for libSQL, the fork of SQLite with
// vector search: database files, encrypted ones too, and databases in memory.
//
//	db, err := sql.Open(driver.Name, "app.db")
//
// It knows nothing of GORM and is useful without it. Its engine calls the C
// library of libSQL, SQLite 3.45.1, directly.
//
// # Opening
//
// [ParseDSN] lists the forms of a data source name; docs/dsn.md of the module
// lists every parameter. What a DSN cannot say, hooks and a tracer, is set in
// the [Config] that ParseDSN returns, from which [NewConnector] makes a
// connector for sql.OpenDB.
//
// Nothing needs to be set for common use. A connection waits 5 seconds for a
// lock, enforces foreign keys, and takes double-quoted words that name nothing
// for strings, as SQLite does everywhere else. A file that the driver creates
// is in WAL mode (https://www.sqlite.org/wal.html); an existing one keeps its
// mode. The database is opened with the first connection: sql.Open only checks
// the DSN, Ping opens the file.
//
// A database in memory is one database for all connections of its sql.DB and
// goes with it. Readers and a writer do not hinder each other there either.
//
// # Values in
//
//	nil, a nil pointer, a nil []byte     NULL
//	int…, uint…, up to math.MaxInt64     INTEGER
//	a larger unsigned integer            an error: pass it as text
//	bool                                 INTEGER, 0 or 1
//	float32, float64, infinities too     REAL
//	NaN                                  an error: SQLite would store NULL
//	string                               TEXT, byte for byte, whatever the bytes are
//	[]byte                               BLOB, empty or not
//	time.Time                            TEXT: 2006-01-02 15:04:05.999999999+00:00, in UTC
//	a time in a year outside 0…9999      an error
//	driver.Valuer, pointer, named type   as what it stands for
//
// The order of these texts of times is the order of the times, and SQLite's
// date functions read them.
//
// # Values out
//
//	INTEGER   int64
//	REAL      float64
//	TEXT      string
//	BLOB      []byte, not nil
//	NULL      nil
//
// A text stays a text whatever it looks like. Only the declared type of a
// column, in any case of letters and without its "(n)", makes something else
// of what is stored, and only where that is possible; any other value comes
// as it is stored:
//
//	BOOL, BOOLEAN               bool, from 0 and 1
//	DATE, DATETIME, TIMESTAMP,  time.Time, from
//	DATETIMETZ, TIMESTAMPTZ,      a text in a form that a Go driver for SQLite or
//	TIMESTAMP WITH TIME ZONE,     SQLite itself writes; without a zone it is in UTC
//	TIMESTAMP WITHOUT TIME ZONE   an integer: Unix seconds, or milliseconds above 1e12 or below -1e12
//	                              a real: a Julian day up to 5373484.5, else Unix seconds
//
// A time keeps the offset that it was stored with, unless [Config.Loc] (_loc in
// a DSN) says in which location times shall be. An expression has no declared
// type: max(created_at) is a text.
//
// # Arguments
//
// Parameters are written ?, ?NNN, :name, @name or $name. An argument that is
// made with sql.Named goes to every parameter of its name; the others go, in
// their order, to the parameters that are left, where ?NNN takes the NNNth.
// Parameters with names take arguments in order when none is named. Too many
// arguments, too few, or one that no parameter takes are errors, and nothing
// has run then.
//
// # Several statements
//
// A text may hold several statements. Arguments without names are dealt out
// from left to right, each statement taking as many as it has parameters (its
// ?1 is its own first); named ones are for all of them.
//
// Exec runs them all, drops the rows that they return, and sums up the rows
// that INSERT, UPDATE and DELETE changed; every other statement counts 0.
// LastInsertId is the rowid of the last row that was inserted, 0 if none was.
//
// Query runs the statements before the first that returns rows, whose rows are
// the first result set. The statements after it run with NextResultSet, up to
// the next that returns rows, and those that are left then with Close, whose
// error is then theirs.
//
// The first statement that fails ends the text; what ran before it stays
// unless a transaction is rolled back. Nothing is in a transaction that does
// not begin one.
//
// [Conn.Batch] runs a script as one transaction, with a result for each of its
// statements, and [Conn.BatchStmts] statements that have arguments; where the
// first error is, a [BatchError] tells.
//
// # Transactions
//
// Begin takes the write lock at once (BEGIN IMMEDIATE), so that a transaction
// waits at its start and does not fail in its middle; [Config.TxLock] (_txlock)
// chooses another mode. With sql.TxOptions.ReadOnly it takes no lock and
// refuses every write. SQLite's transactions are serializable: every isolation
// level up to sql.LevelSerializable is accepted and the others are not.
//
// A statement that fails leaves the transaction open, with what was done before
// it. When SQLite rolls the transaction back by itself (a write that was
// cancelled, a full disk, ON CONFLICT ROLLBACK), every further use of it is an
// error that wraps [ErrTxRolledBack], and nothing runs outside of it. A
// connection that goes back to the pool with a transaction open is rolled back.
//
// # Contexts
//
// A context that ends stops what runs under it, a waiting statement as well as
// a working one, and iterating over rows too. The error matches the context's
// error, its cause and [ErrInterrupt]. Other rows of the same connection live
// on. A write that is cancelled inside a transaction takes the transaction
// with it, as SQLite has it.
//
// # Locking
//
// SQLite has one writer at a time. Writers of this process take turns in the
// order in which they came, and those of other processes are waited for by
// asking again, both at most for the busy timeout (5 s, [Config.BusyTimeout],
// _busy_timeout, [Conn.SetBusyTimeout]); then the error is [ErrBusy]. A goroutine that has a
// transaction open and writes through the sql.DB waits for itself, and the
// error says so. Under WAL readers wait for nobody.
//
// [Config.SingleProcess] keeps other processes out of the file, and makes
// reading about twice as fast.
//
// # Prepared statements
//
// A connection keeps the statements that it has compiled, by their text, up to
// 256 of them and 4 MiB, the least recently used going first
// ([Config.StmtCacheSize], [Config.StmtCacheBytes]). So preparing gains little;
// it does find a mistake before the statement runs. A statement can run again
// while rows of it are open. After a change of the schema it is compiled anew,
// and its columns are read anew.
//
// Prepare does nothing but compile. A statement that has an effect when it is
// compiled (a PRAGMA, a change of the schema) and the later ones of several are
// compiled when they run.
//
// [Conn.Statement] is a statement for hot loops: it is bound and stepped by
// hand, and costs a fraction of what database/sql's costs.
//
// While rows are open on a connection, DROP TABLE on it is [ErrLocked].
// A result of less than 16 rows and 16 KiB has been read, and so ended, when
// Query returns.
//
// # Columns
//
// sql.ColumnType tells the declared type without its length, and as much about
// NULL as the schema proves: nothing for an expression, and nothing for a NOT
// NULL column in a query that joins, groups or calls functions. Its scan type
// is any, because a column holds values of any type, except in a STRICT table.
// [Conn.Describe] tells more, of a statement that has not run.
//
// # Errors
//
// What SQLite refuses is an [*Error] with SQLite's own text and both result
// codes. Codes are errors themselves: errors.Is(err, [ErrConstraintUnique]) and
// errors.Is(err, [ErrConstraint]) both match. A syntax error tells where in the
// text it is. Mistakes in a call, such as a missing argument, are plain errors.
// What this build or engine cannot do wraps [ErrUnsupported].
//
// An error of INSERT … RETURNING is that of Query itself. One of a later row
// comes from the rows, after the rows before it.
//
// # Reaching the connection
//
// [With] calls a function with the [*Conn] under a *sql.DB, *sql.Conn or
// *sql.Tx. [EachConn] sets up every connection of a pool, and
// [Config.OnConnect] every new one. A [Tracer] is told of everything that
// connections do, with SQLite's counters if it wants them.
//
// # What is closed
//
// SQL text cannot reach files or load code: readfile, writefile and fsdir are
// missing, and load_extension is not authorized, unless
// [Config.AllowFileFunctions] or [Config.AllowExtensions] says otherwise;
// [Config.Extensions] loads extensions and leaves it so.
// ATTACH and VACUUM INTO do name files. A text with a NUL byte is refused,
// because SQLite would drop what is behind it.
//
// # Vector indexes
//
// libSQL's vector indexes do not bear everything that SQL can say, so some of
// it is refused here, and some put right: EXPLAIN of DROP and of CREATE INDEX,
// which would change the indexes, a k of vector_top_k for which libSQL ends the
// process, a DELETE of all rows, which would not reach the index, VACUUM and
// VACUUM INTO, which leave the database inconsistent. The table in
// docs/vectors.md has all of them.
//
// [Config.TrustedSchema], [Config.Defensive] and [Config.Limits] are for files
// and SQL of strangers.
//
// # Platforms
//
// Local databases need cgo, a C compiler, and the libSQL library that comes
// with github.com/tursodatabase/go-libsql: linux/amd64 and linux/arm64 with
// glibc, and darwin/arm64. Elsewhere, with CGO_ENABLED=0, and with the build
// tag libsql_nolocal (for musl, which no build constraint can see), the package
// builds, and opening a local database is an error that wraps [ErrUnsupported]
// and says what is missing.
//
// go-libsql's own driver, "libsql", is in the same process and can be used
// beside this one. No other SQLite in C can be linked into the program.
package driver
