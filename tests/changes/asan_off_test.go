//go:build !asan

package changes

const underASan = false
