// Package gormtest holds the tests that what GORM documents (https://gorm.io/docs)
// works through the dialect on real databases.
package gormtest
