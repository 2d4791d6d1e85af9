// Package block reads what a statement looks for: the tables of each of its
// SELECTs, UPDATEs and DELETEs, the conditions that are joined by AND, the
// order that is asked for.
//
// It is made to have ideas about indexes, which the planner then judges. So it
// need not understand everything: what it does not know it passes over, and a
// text that SQLite would refuse gives what can be read in it.
package block
