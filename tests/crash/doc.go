// Package crash tests what a killed process leaves behind: every commit that
// the program was told of, no part of any other, and a file that opens at once
// and can be written.
//
// A child process writes and says so on its standard output after each
// commit; the parent ends it with SIGKILL at a random moment and looks. Run
// more of them with
//
//	go test ./tests/crash -kills=500
//
// The operating system lives on, so what it was handed is not lost: this is
// about the death of a process, not about the loss of power.
package crash
