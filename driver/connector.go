package driver

import (
	"bytes"
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"io"
	"sync"
	"sync/atomic"

	"github.com/gorm-libsql/libsql/driver/internal/engine"
	"github.com/gorm-libsql/libsql/driver/internal/local"
)

// Name is the name of the driver for sql.Open. "libsql" is taken by
// go-libsql's own driver, which is in the same process.
const Name = "libsql-gorm"

func init() { sql.Register(Name, Driver{}) }

// Driver is the database/sql driver.
type Driver struct {
	of *Connector // whose it is, when a pool says which driver it has
}

var _ driver.DriverContext = Driver{}

// String tells the database of the pool whose driver it is, without its
// secrets; the driver that is registered has none.
func (d Driver) String() string {
	if d.of == nil {
		return Name
	}
	return d.of.cfg.String()
}

// Open opens one connection. database/sql uses OpenConnector instead.
func (d Driver) Open(dsn string) (driver.Conn, error) {
	c, err := d.OpenConnector(dsn)
	if err != nil {
		return nil, err
	}
	conn, err := c.Connect(context.Background())
	if err != nil {
		c.(*Connector).Close()
		return nil, err
	}
	return soleConn{conn.(*Conn), c.(*Connector)}, nil
}

// soleConn is a connection without a pool, which closes its connector.
type soleConn struct {
	*Conn
	connector *Connector
}

func (s soleConn) Close() error {
	err := s.Conn.Close()
	if cerr := s.connector.Close(); err == nil {
		err = cerr
	}
	return err
}

// OpenConnector parses the DSN; the table of parameters is at [ParseDSN].
func (Driver) OpenConnector(dsn string) (driver.Connector, error) {
	cfg, err := ParseDSN(dsn)
	if err != nil {
		return nil, err
	}
	return NewConnector(cfg)
}

// Connector opens connections to one database, for sql.OpenDB.
type Connector struct {
	cfg *Config
	eng engine.Engine

	mu       sync.Mutex
	each     []eachFunc   // in the order of their numbers
	lastEach atomic.Int64 // the highest number that was given; read without mu for each use of a connection

	census census

	rekeyed atomic.Pointer[[]byte] // the key that Rekey has set; nil: it is that of cfg

	tracer  atomic.Pointer[tracerOf] // nil for none
	slot    engine.TracerSlot        // the same, for the engine
	tracers []*addedTracer           // under mu
	numbers atomic.Uint64            // of connections
	feeds   feeds
}

var (
	_ driver.Connector = (*Connector)(nil)
	_ io.Closer        = (*Connector)(nil)
)

// NewConnector returns the connector for a configuration from [ParseDSN],
// which it copies. A replica is an error that wraps [ErrUnsupported] until its
// engine comes. The database is opened with the first connection, and a server
// asked with the first statement; closing the sql.DB closes the connector.
func NewConnector(cfg *Config) (*Connector, error) {
	cfg = cfg.Clone()
	if err := cfg.check(); err != nil {
		return nil, err
	}
	if err := cfg.resolve(); err != nil {
		return nil, err
	}
	c := &Connector{cfg: cfg}
	c.retrace()
	var err error
	if c.eng, err = newEngine(cfg, &c.slot); err != nil {
		return nil, publish(err)
	}
	return c, nil
}

func newEngine(cfg *Config, tracer *engine.TracerSlot) (engine.Engine, error) {
	switch {
	case cfg.URL != "":
		return cfg.newRemote(tracer)
	case cfg.SyncURL != "":
		return nil, fmt.Errorf("libsql: replicas (syncUrl) are %w yet: open a local file without syncUrl", ErrUnsupported)
	}
	o := local.Options{
		ReadOnly: cfg.Mode == ReadOnly, Create: cfg.Mode == ReadWriteCreate,
		Immutable: cfg.Immutable, NoLock: cfg.NoLock, PSOW: cfg.PSOW, VFS: cfg.VFS,
		Key: cfg.EncryptionKey, KeyFunc: cfg.EncryptionKeyFunc, SingleProcess: cfg.SingleProcess, FileFunctions: cfg.AllowFileFunctions, Extensions: cfg.AllowExtensions, DQS: cfg.DQS,
		Defensive: cfg.Defensive, TrustedSchema: cfg.TrustedSchema, Limits: map[int]int{},
		BusyTimeout: cfg.BusyTimeout, JournalMode: cfg.JournalMode, Synchronous: cfg.Synchronous,
		ForeignKeys: cfg.ForeignKeys, TxMode: engine.TxMode(cfg.TxLock),
		StmtCacheSize: cfg.StmtCacheSize, StmtCacheBytes: cfg.StmtCacheBytes,
		Loc: cfg.Loc, StoredValues: cfg.StoredValues, Tracer: tracer,
	}
	for l, value := range cfg.Limits {
		o.Limits[int(l)] = value
	}
	inMemory := cfg.Memory || cfg.Temp
	for _, p := range cfg.Pragmas {
		if inMemory && p.Name == "locking_mode" {
			continue // it would lock the pool out of its own database
		}
		o.Pragmas = append(o.Pragmas, local.Pragma(p))
	}
	switch {
	case inMemory:
		o.MemoryName = cfg.MemoryName
		if !engine.IsMVCC(cfg.JournalMode) {
			o.JournalMode = "" // always WAL, so that readers and writers get along
		}
	default:
		o.Path = cfg.Path
	}
	return local.New(o)
}

// String tells the database without its secrets.
func (c *Connector) String() string { return "libsql.Connector(" + c.Config().String() + ")" }

// GoString does as String.
func (c *Connector) GoString() string { return c.String() }

// Config returns a copy of the configuration, which opens the same database. Its
// key is the one of now: after [Conn.Rekey] the new one.
func (c *Connector) Config() *Config {
	cfg := c.cfg.Clone()
	if key := c.rekeyed.Load(); key != nil {
		cfg.EncryptionKey, cfg.EncryptionKeyFunc = bytes.Clone(*key), nil
	}
	return cfg
}

// Driver returns the driver.
func (c *Connector) Driver() driver.Driver { return Driver{of: c} }

// Connect opens a connection, with every setting applied.
func (c *Connector) Connect(ctx context.Context) (driver.Conn, error) {
	var s *span
	if t := c.tracer.Load(); t != nil {
		ctx, s = startSpan(t, ctx, OpConnect)
	}
	conn, err := c.connect(ctx)
	if s != nil && conn != nil {
		s.conn = conn.number
	}
	s.end(engine.Result{}, err)
	if err != nil {
		return nil, err
	}
	return conn, nil
}

func (c *Connector) connect(ctx context.Context) (*Conn, error) {
	eng, err := c.eng.Connect(ctx)
	if err != nil {
		return nil, publish(err)
	}
	conn := &Conn{connector: c, eng: eng, number: c.numbers.Add(1)}
	conn.enroll()
	if err = conn.checkLimits(c.cfg.Limits); err == nil {
		err = conn.equip(ctx, c.cfg)
	}
	if err == nil && c.cfg.OnConnect != nil {
		err = c.cfg.OnConnect(ctx, conn)
	}
	if err == nil {
		err = conn.applyEach(ctx)
	}
	if err != nil {
		conn.Close()
		return nil, err
	}
	return conn, nil
}

// equip gives a new connection the extensions and attached files of the Config.
func (c *Conn) equip(ctx context.Context, cfg *Config) error {
	for _, e := range cfg.Extensions {
		if err := c.loadExtension(ctx, e); err != nil {
			return err
		}
	}
	for _, a := range cfg.Attach {
		if err := c.Attach(ctx, a); err != nil {
			return err
		}
	}
	return nil
}

// resolve makes the paths of a Config's extensions and attached files absolute.
func (c *Config) resolve() (err error) {
	for i, e := range c.Extensions {
		if c.Extensions[i], err = e.absolute(); err != nil {
			return err
		}
	}
	if c.VFS != "" {
		return nil // the names of its files may be none of the operating system's
	}
	for i, a := range c.Attach {
		if c.Attach[i].Path, err = absolutePath(a.Path); err != nil {
			return err
		}
	}
	return nil
}

// Close ends what [OnChange] began, and releases a memory database.
// database/sql calls it after it has closed its connections.
func (c *Connector) Close() error {
	c.feeds.stopAll()
	return publish(c.eng.Close())
}

// eachFunc is a function of EachConn. Its number tells which connections have
// seen it: those that have applied a number at least as high.
type eachFunc struct {
	number int
	name   string
	fn     func(context.Context, *Conn) error
}

// addEach adds a function that has run for done already, in the place of the
// one of the same name.
func (c *Connector) addEach(done *Conn, name string, fn func(context.Context, *Conn) error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	// A copy: connections read the old list without the lock.
	each := make([]eachFunc, 0, len(c.each)+1)
	for _, e := range c.each {
		if name == "" || e.name != name {
			each = append(each, e)
		}
	}
	if fn != nil {
		if int64(done.applied) == c.lastEach.Load() {
			done.applied++
		}
		each = append(each, eachFunc{int(c.lastEach.Add(1)), name, fn})
	}
	c.each = each
}

// applyEach runs the functions of EachConn that this connection has not seen.
func (c *Conn) applyEach(ctx context.Context) error {
	if c.connector.lastEach.Load() == int64(c.applied) {
		return nil
	}
	c.connector.mu.Lock()
	each, last := c.connector.each, int(c.connector.lastEach.Load())
	c.connector.mu.Unlock()
	for _, e := range each {
		if e.number <= c.applied {
			continue
		}
		if err := e.fn(ctx, c); err != nil {
			return err
		}
		c.applied = e.number
	}
	c.applied = last // which may be forgotten
	return nil
}
