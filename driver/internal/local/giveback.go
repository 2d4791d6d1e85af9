//go:build cgo && !libsql_nolocal && ((linux && (amd64 || arm64)) || (darwin && arm64))

package local

// #include "local.h"
import "C"

import "sync"

// connections counts the open connections of the process. glibc keeps the
// memory of those that are closed for the next ones: 200 KiB each. It is given
// back when half of the many that there were are gone, which is seldom enough
// to cost nothing: giving back takes as long as there is memory to look at.
var connections struct {
	sync.Mutex
	open int
	most int // since memory was last given back
}

// fewConnections are not worth giving their memory back.
const fewConnections = 16

func connectionOpened() {
	connections.Lock()
	defer connections.Unlock()
	connections.open++
	connections.most = max(connections.most, connections.open)
}

func connectionClosed() {
	connections.Lock()
	connections.open--
	many := connections.most >= fewConnections && connections.open <= connections.most/2
	if many {
		connections.most = connections.open
	}
	connections.Unlock()
	if many {
		C.lq_give_back()
	}
}
