// Command program uses a remote database, the address of which is its argument,
// and another address, from which it must not be sent away.
package main
