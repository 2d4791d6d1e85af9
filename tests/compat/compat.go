// Package compat runs other people's test suites on this dialect.
package compat

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
	_ "gorm.io/plugin/dbresolver"
	_ "gorm.io/plugin/opentelemetry/logging/logrus"
	_ "gorm.io/plugin/opentelemetry/logging/slog"
	_ "gorm.io/plugin/opentelemetry/tracing"
	_ "gorm.io/plugin/soft_delete"
	_ "modernc.org/sqlite"
)
