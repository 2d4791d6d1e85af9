// Package libsqltest gives a test a database of its own.
//
//	func TestOrders(t *testing.T) {
//		db := libsqltest.New(t, &Order{}, &Customer{})
//		…
//	}
package libsqltest
