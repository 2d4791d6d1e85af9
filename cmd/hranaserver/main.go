package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/gorm-libsql/libsql/driver"
	"github.com/gorm-libsql/libsql/internal/hranaserver"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends it at once
	err := run(ctx, os.Args[1:], os.Stderr)
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "hranaserver:", err)
		os.Exit(1)
	}
}

// settings are what the flags say.
type settings struct {
	db, vfs, addr, token, tokenFile, jwtKey, cert, key string
	latency, grace                                     time.Duration
	faults                                             faultFlag
	options                                            hranaserver.Options
}

func parse(args []string, out io.Writer) (*settings, error) {
	s := &settings{}
	o := &s.options
	f := flag.NewFlagSet("hranaserver", flag.ContinueOnError)
	f.SetOutput(out)
	f.StringVar(&s.db, "db", "", "`file` or DSN of the database; it is created if it is missing")
	f.StringVar(&s.vfs, "vfs", "", "`name` of the SQLite VFS that opens the file (default: the system's files)")
	f.StringVar(&s.addr, "addr", "127.0.0.1:8080", "`address` to listen on; port 0 is any free one")
	f.StringVar(&s.token, "token", "", "bearer `token` that clients must show; others on this machine can see it here, so prefer -token-file")
	f.StringVar(&s.tokenFile, "token-file", "", "`file` with that token")
	f.StringVar(&s.jwtKey, "jwt-key", "", "`file` with the Ed25519 public keys (PEM, or base64url) of which one must have signed the clients' JSON web tokens")
	f.StringVar(&s.cert, "tls-cert", "", "`file` with the certificate (PEM), to serve HTTPS")
	f.StringVar(&s.key, "tls-key", "", "`file` with its key (PEM)")
	f.Func("origin", "`origin` of web pages that may use the server, or * for all; may be repeated (default: all if there is a token, none otherwise)", s.addOrigin)
	f.BoolVar(&o.ReadOnly, "readonly", false, "let nobody write")
	f.DurationVar(&o.StreamExpiry, "stream-expiry", 10*time.Second, "how long a stream is kept that nobody uses")
	f.DurationVar(&o.TxLimit, "tx-limit", 5*time.Second, "how long a transaction may hold the write lock once another wants it")
	f.DurationVar(&o.LockWait, "lock-wait", time.Minute, "how long a statement waits for the write lock")
	f.IntVar(&o.MaxStreams, "max-streams", 128, "how many streams may be open; each has a connection")
	f.Int64Var(&o.MaxRequest, "max-request", 64<<20, "`bytes` that a request may have")
	f.Int64Var(&o.MaxResponse, "max-response", 10_000_000, "`bytes` that a result in a pipeline may have")
	f.IntVar(&o.MaxRow, "max-row", 0, "`bytes` that a value or row may have (default: SQLite's 1 GB)")
	f.StringVar(&o.BaseURL, "base-url", "", "`URL` that answers tell clients to go on at")
	f.BoolVar(&o.Cloud, "cloud", false, "behave as Turso Cloud documents where libsql-server differs")
	f.DurationVar(&s.latency, "latency", 0, "wait so long before each answer, as a network does")
	f.Var(&s.faults, "fault", "what goes wrong with a request, as in `body=INSERT,nth=3,after=502`; may be repeated")
	f.DurationVar(&s.grace, "grace", 5*time.Second, "how long requests may go on when the server is stopped")
	if err := f.Parse(args); err != nil {
		return nil, err
	}
	switch {
	case f.NArg() > 0:
		return nil, fmt.Errorf("unexpected argument %q", f.Arg(0))
	case s.db == "":
		return nil, errors.New("-db names no database")
	case s.token != "" && s.tokenFile != "":
		return nil, errors.New("-token and -token-file exclude each other")
	case o.MaxStreams <= 0 || o.MaxRequest <= 0 || o.MaxResponse <= 0 || o.MaxRow < 0:
		return nil, errors.New("-max-streams, -max-request and -max-response are above 0, -max-row is not below")
	case o.StreamExpiry <= 0 || o.TxLimit <= 0 || o.LockWait <= 0 || s.latency < 0 || s.grace < 0:
		return nil, errors.New("-stream-expiry, -tx-limit and -lock-wait are above 0, -latency and -grace are not below")
	case (s.cert == "") != (s.key == ""):
		return nil, errors.New("-tls-cert and -tls-key need each other")
	}
	return s, s.readSecrets()
}

func (s *settings) addOrigin(text string) error {
	if u, err := url.Parse(text); text != "*" && (err != nil || u.Scheme == "" || u.Host == "" || text != u.Scheme+"://"+u.Host) {
		return errors.New("an origin is like https://app.example:8443")
	}
	s.options.Origins = append(s.options.Origins, text)
	return nil
}

func (s *settings) readSecrets() error {
	s.options.Token = s.token
	if s.tokenFile != "" {
		text, err := os.ReadFile(s.tokenFile)
		if err != nil {
			return err
		}
		if s.options.Token = strings.TrimSpace(string(text)); s.options.Token == "" {
			return fmt.Errorf("%s has no token", s.tokenFile)
		}
	}
	if s.jwtKey == "" {
		return nil
	}
	text, err := os.ReadFile(s.jwtKey)
	if err == nil {
		s.options.JWTKeys, err = hranaserver.ParseJWTKeys(text)
	}
	if err != nil {
		return fmt.Errorf("-jwt-key: %w", err)
	}
	return nil
}

// run serves until the context ends, and then lets the requests that run end.
func run(ctx context.Context, args []string, out io.Writer) error {
	s, err := parse(args, out)
	if err != nil {
		return err
	}
	cfg, err := driver.ParseDSN(s.db)
	if err != nil {
		return err
	}
	if s.vfs != "" {
		cfg.VFS = s.vfs
	}
	logger := log.New(out, "hranaserver: ", log.LstdFlags)
	srv, err := hranaserver.New(cfg, s.options)
	if err != nil {
		return err
	}
	srv.Inject(s.faults...)
	if s.latency > 0 {
		srv.Inject(hranaserver.Fault{Times: -1, Delay: s.latency})
	}
	listener, err := net.Listen("tcp", s.addr)
	if err != nil {
		return errors.Join(err, srv.Close())
	}
	if !isLoopback(listener.Addr()) && s.options.Token == "" && s.options.JWTKeys == nil {
		logger.Print("warning: everybody who reaches this address may read and write the database: set -token-file or -jwt-key")
	}
	err = s.serve(ctx, listener, srv, logger)
	c := srv.Counters()
	logger.Printf("served %d requests, %d streams (%d of them expired) and %d statements", c.Requests, c.Streams, c.Expired, c.Statements)
	return errors.Join(err, srv.Close())
}

func isLoopback(addr net.Addr) bool {
	tcp, ok := addr.(*net.TCPAddr)
	return ok && tcp.IP.IsLoopback()
}

func (s *settings) serve(ctx context.Context, listener net.Listener, srv http.Handler, logger *log.Logger) error {
	protocols := &http.Protocols{}
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(true)
	protocols.SetUnencryptedHTTP2(true)
	server := &http.Server{
		Handler: srv, ErrorLog: logger, Protocols: protocols,
		ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
	}
	failed := make(chan error, 1)
	scheme := "http"
	if s.cert != "" {
		scheme = "https"
	}
	logger.Printf("serving %s://%s", scheme, listener.Addr())
	go func() {
		if s.cert != "" {
			failed <- server.ServeTLS(listener, s.cert, s.key)
		} else {
			failed <- server.Serve(listener)
		}
	}()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	logger.Print("stopping")
	grace, cancel := context.WithTimeout(context.Background(), s.grace)
	defer cancel()
	if server.Shutdown(grace) != nil {
		server.Close() // what still runs is cancelled
	}
	<-failed
	return nil
}
