//go:build asan

package changes

// underASan tells that freed memory is kept for a while.
const underASan = true
