package pragmas

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParse(t *testing.T) {
	for name, values := range map[string]map[string]string{ // "": refused
		"foreign_keys":       {"ON": "1", "f": "0", "True": "1", "": "", "2": "", "-1": "", "of": ""},
		"cache_size":         {"-2000": "-2000", "0x10": "16", "+5": "5", "0X7FFFFFFF": "2147483647", "2147483648": "", "0x-1": "", "1e3": "", "1_0": "", " 1": "", "": ""},
		"cache_spill":        {"on": "1", "0": "0", "5": "5", "no way": ""},
		"wal_autocheckpoint": {"-5": "0", "7": "7", "2147483648": ""},
		"journal_size_limit": {"-9": "-1", "9223372036854775807": "9223372036854775807", "9223372036854775808": ""},
		"page_size":          {"512": "512", "65536": "65536", "0x1000": "4096", "256": "", "131072": "", "4095": "", "0": "", "-4096": ""},
		"max_page_count":     {"4294967294": "4294967294", "4294967295": "", "0": ""},
		"threads":            {"0": "0", "-1": ""},
		"synchronous":        {"full": "2", "3": "3", "4": "", "on": "", "02": "", "-1": ""},
		"journal_mode":       {"wal": "WAL", "0": "", "wal2": "", "": ""},
		"secure_delete":      {"on": "1", "OFF": "0", "Fast": "FAST", "2": "", "0": "0"},
		"writable_schema":    {"reset": "RESET", "yes": "1", "2": ""},
		"encoding":           {"utf-16LE": "UTF-16le", "UTF-16": "UTF-16", "UTF8": "", "1": ""},
		"key":                {"": "", "x": "", "1": "", "0": ""},
	} {
		row := Find(name)
		for text, want := range values {
			got, ok := row.Values.Parse(text)
			require.Equal(t, want != "", ok, "%s = %q: %q", name, text, got)
			if ok {
				require.Equal(t, want, got, "%s = %q", name, text)
				again, ok := row.Values.Parse(got)
				require.True(t, ok && again == got, "%s = %q: %q", name, got, again)
			}
		}
	}
}

// Whatever is parsed needs no quotes and stays what it is.
func FuzzParse(f *testing.F) {
	for _, text := range []string{"", "on", "0x7f", "-1", "wal", "UTF-16le", "1; DROP TABLE t", "'", "ſ", "K"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for row := range All {
			got, ok := row.Values.Parse(text)
			if !ok {
				continue
			}
			if again, ok := row.Values.Parse(got); !ok || again != got {
				t.Errorf("%s: %q is %q, which is %q, %v", row.Name, text, got, again, ok)
			}
			if _, err := strconv.ParseInt(got, 10, 64); err != nil {
				if _, ok := OneOf(row.Values.Words, got); !ok {
					t.Errorf("%s: %q is %q, no number and no word of it", row.Name, text, got)
				}
			}
		}
	})
}

func TestWord(t *testing.T) {
	values := &Find("secure_delete").Values
	for answer, want := range map[string]string{"0": "OFF", "1": "ON", "2": "FAST", "fast": "FAST", "3": "", "-1": "", "": ""} {
		word, ok := values.Word(answer)
		require.Equal(t, want, word, answer)
		require.Equal(t, want != "", ok, answer)
	}
}

func TestDescriptions(t *testing.T) {
	for name, want := range map[string]string{
		"foreign_keys":       "one of 1 true yes on 0 false no off",
		"secure_delete":      "one of 1 true yes on 0 false no off FAST",
		"cache_spill":        "one of 1 true yes on 0 false no off or an integer from -2147483648 to 2147483647",
		"auto_vacuum":        "one of 0 NONE 1 FULL 2 INCREMENTAL",
		"journal_mode":       "one of DELETE TRUNCATE PERSIST MEMORY WAL OFF",
		"page_size":          "a power of two from 512 to 65536",
		"journal_size_limit": "an integer from -1 on",
	} {
		require.Equal(t, want, Find(name).Values.String())
	}
}

func TestRows(t *testing.T) {
	require.Nil(t, Find("no_such"))
	seen := map[string]bool{}
	for row := range All {
		require.False(t, seen[row.Name], row.Name)
		seen[row.Name] = true
		require.Same(t, row, Find(row.Name))
		require.False(t, row.IsSetting() && (row.Asks || row.Acts || row.Key || row.Tx == Outside), row.Name)
		if row.IsSetting() || row.InConfig() {
			require.NotEmpty(t, row.Values.String(), row.Name)
		}
	}
	for range All {
		break // a loop may end early
	}
	size := Find("cache_size")
	require.Equal(t, "pragma cache_size", size.Each(""))
	require.Equal(t, size.Each(""), size.Each("Main"))
	require.Equal(t, size.Each("TEMP"), size.Each("temp"))
	require.NotEqual(t, size.Each(""), size.Each("temp"))
	require.True(t, Find("journal_mode").IsOfFile("wal"))
	require.False(t, Find("journal_mode").IsOfFile("DELETE"))
	require.False(t, size.IsOfFile("WAL"))
}

func TestSame(t *testing.T) {
	for _, x := range []struct {
		name, asked, kept string
		want              bool
	}{
		{"cache_spill", "5", "483", true}, {"cache_spill", "5000", "483", false}, {"cache_spill", "0", "483", false},
		{"cache_spill", "5", "0", false}, {"cache_spill", "-100", "483", true}, {"cache_spill", "-100", "0", false},
		{"cache_spill", "x", "1", false}, {"cache_spill", "1", "x", false},
		{"encoding", "UTF-16", "UTF-16le", true}, {"encoding", "UTF-16", "UTF-8", false}, {"encoding", "UTF-8", "UTF-16le", false},
	} {
		require.Equal(t, x.want, Find(x.name).Same(x.asked, x.kept), x)
	}
}
