//go:build !asan

package driver_test

const underASan = false
