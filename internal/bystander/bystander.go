package bystander

import "sync"

var (
	mu  sync.Mutex
	now = map[any]int{} // whose callbacks are being registered
)

// Register calls fn, which registers callbacks that look on, or removes them.
// of is what they are registered with: gorm.DB.Callback.
func Register(of any, fn func() error) error {
	add(of, 1)
	defer add(of, -1)
	return fn()
}

func add(of any, n int) {
	mu.Lock()
	defer mu.Unlock()
	if now[of] += n; now[of] == 0 {
		delete(now, of)
	}
}

// Registers tells that the callbacks that are being registered look on.
func Registers(of any) bool {
	mu.Lock()
	defer mu.Unlock()
	return now[of] > 0
}
