//go:build asan

package driver_test

// underASan tells that leaks are looked for: the library's frames that
// runtime.Goexit drops cannot free what they have just allocated.
const underASan = true
