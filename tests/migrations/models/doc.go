// Package models holds the models of which a second AutoMigrate has nothing to
// do: each tag and each type of field that GORM has. Programs of other dialects
// make their tables from them, too.
package models
