// Package copies kills processes while they copy, restore, replace and rekey
// whole databases: each file must be the old one or the new one.
package copies
