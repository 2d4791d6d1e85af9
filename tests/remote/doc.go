// Package remote tests the engine of remote databases against a server in the
// same process: what it costs in round trips, that nothing is lost or done twice
// when the network or the server fails, and that it gives the answers of a
// local database.
package remote
