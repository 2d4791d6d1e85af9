// Command bench compares dialects: it runs the same on each, in turns, and
// prints the fastest of each as Markdown.
//
//	go run . -rounds 5 -time 0.3s -workloads 'first|create'
//	go run . growth -sizes 1000,100000
//	go run . curve -goroutines 1,8,64
//	go run . start -runs 20
package main

import (
	"fmt"
	"os"
)

// commands are what may be the first argument; without one it is compare.
var commands = map[string]func(args []string) error{
	"growth": growth,
	"curve":  curve,
	"start":  start,
}

func main() {
	run, args := compare, os.Args[1:]
	if len(args) > 0 && commands[args[0]] != nil {
		run, args = commands[args[0]], args[1:]
	}
	if err := run(args); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
