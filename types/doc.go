// Package types holds types for the fields of GORM models that libSQL can store
// and search.
package types
