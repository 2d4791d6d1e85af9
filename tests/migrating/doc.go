// Package migrating tests how migrations are carried out when things go wrong:
// processes that are killed, that migrate at once, pools that are busy, contexts
// that are cancelled, transactions of the user, and everything that can fail.
//
// LIBSQL_TEST_LONG=1 kills processes by the hundreds, as -kills does.
package migrating
