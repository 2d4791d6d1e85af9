// Package bystander lets a plugin of this module register GORM callbacks that
// only look on.
//
// The dialect leaves GORM's transaction around a single statement out, until
// somebody registers callbacks, which might count on it. GORM tells it that
// there are new ones, and not which. A plugin whose callbacks change nothing
// says so by registering them within [Register].
package bystander
