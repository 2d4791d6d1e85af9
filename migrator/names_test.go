package migrator

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// Only GORM's cut within a letter is mended.
func TestWhole(t *testing.T) {
	for name, want := range map[string]string{
		"": "", "a": "a", "用户": "用户", "01234567": "01234567",
		"uni_用\xe601234567": "uni_用01234567", "uni_用\xe6\x8801234567": "uni_用01234567", "é\xc3deadbeef": "édeadbeef",
		"\xf0\x9f\x98deadbeef": "deadbeef", "a\xf0\x9f\x98\x80deadbeef": "a\xf0\x9f\x98\x80deadbeef",
		"a\xffdeadbeef": "a\xffdeadbeef", "a\x80deadbeef": "a\x80deadbeef", "\xff\xe6deadbeef": "\xff\xe6deadbeef",
		"a\xe6DEADBEEF": "a\xe6DEADBEEF", "a\xe6deadbee": "a\xe6deadbee", "a\xe6": "a\xe6", "a\xe6xdeadbeef": "a\xe6xdeadbeef",
	} {
		require.Equal(t, want, whole(name), "%q", name)
	}
	require.True(t, same("Uni_\xe6deadbeef", "uni_\xe6\x88deadbeef"))
	require.False(t, same("a\xff", "a\xfe"))
}
