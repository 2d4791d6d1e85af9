package driver

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/gorm-libsql/libsql/driver/internal/engine"
)

// Extension is a shared library that adds functions, collations, virtual tables or
// VFSes: https://www.sqlite.org/loadext.html.
type Extension struct {
	// Path is the file. A relative path with a slash in it is relative to the working
	// directory at the time of the call; a name without one is looked for where the
	// system keeps its libraries. Where there is no such file, SQLite adds .so or
	// .dylib.
	Path string

	// EntryPoint is the C function that is called. "" is sqlite3_extension_init or,
	// where the library has none, sqlite3_NAME_init, NAME being the letters of the
	// file's name up to the first dot, without "lib".
	EntryPoint string
}

// LoadExtension loads an extension into this connection, for which
// [Config.AllowExtensions] must be set; [ErrAuth] otherwise. It stays until the
// connection is closed. [Config.Extensions] loads extensions into every connection,
// without allowing others.
func (c *Conn) LoadExtension(ctx context.Context, e Extension) error {
	if _, ok := c.eng.(engine.Extender); ok && !c.connector.cfg.AllowExtensions {
		return publish(&engine.Error{Code: engine.CodeAuth, Offset: -1, Message: "not authorized",
			Hint: "extensions are off: list this one in Config.Extensions, or set Config.AllowExtensions"})
	}
	return c.loadExtension(ctx, e)
}

func (c *Conn) loadExtension(ctx context.Context, e Extension) error {
	eng, ok := c.eng.(engine.Extender)
	if !ok {
		return fmt.Errorf("libsql: extensions are %w by this database's engine: its server has those that it was built with", ErrUnsupported)
	}
	if err := e.check(); err != nil {
		return err
	}
	e, err := e.absolute()
	if err != nil {
		return err
	}
	return publish(eng.LoadExtension(ctx, engine.Extension(e)))
}

func (e Extension) check() error {
	if e.Path == "" || strings.ContainsRune(e.Path+e.EntryPoint, 0) {
		return errors.New("libsql: an extension needs the path of its file")
	}
	return nil
}

func (e Extension) absolute() (Extension, error) {
	if !strings.Contains(e.Path, "/") {
		return e, nil
	}
	path, err := absolutePath(e.Path)
	e.Path = path
	return e, err
}

// absolutePath does not clean the path, as package filepath would: link/.. is not
// nothing when link is a symbolic link.
func absolutePath(path string) (string, error) {
	if filepath.IsAbs(path) {
		return path, nil
	}
	dir, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("libsql: %w", err)
	}
	return dir + string(filepath.Separator) + path, nil
}
