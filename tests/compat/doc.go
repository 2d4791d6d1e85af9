// Package compat shows that this module can stand where gorm.io/driver/sqlite
// stood: other people's test suites run on it unmodified. README.md says how.
package compat

// The modules whose suites run, so that go.mod keeps what their tests need.
import (
	_ "github.com/wader/gormstore/v2"
	_ "gorm.io/datatypes"
	_ "gorm.io/driver/sqlite"
	_ "gorm.io/gorm"
	_ "gorm.io/gorm/callbacks"
	_ "gorm.io/gorm/clause"
	_ "gorm.io/gorm/logger"
	_ "gorm.io/gorm/migrator"
	_ "gorm.io/gorm/schema"
	_ "gorm.io/gorm/utils"
	_ "gorm.io/hints"
	_ "gorm.io/plugin/opentelemetry/logging/logrus"
	_ "gorm.io/plugin/opentelemetry/logging/slog"
	_ "gorm.io/plugin/opentelemetry/tracing"
	_ "gorm.io/plugin/optimisticlock"
	_ "gorm.io/plugin/soft_delete"
)
