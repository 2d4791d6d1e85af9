package kit

import (
	"encoding/json"
	"os"
)

// programs are what a dialect's program does beside running a workload, by its
// first argument.
var programs = map[string]func(d Dialect, args []string){
	"curve":  curve,
	"file":   plainFile,
	"growth": growth,
	"start":  start,
}

// answer prints what was measured.
func answer(result any) { check(json.NewEncoder(os.Stdout).Encode(result)) }
