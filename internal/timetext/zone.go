package timetext

import (
	"strings"
	"sync/atomic"
	"time"
)

// parseZone reads what follows the clock, which must be a zone or nothing, and
// returns its offset in seconds east of UTC. named says that the text up to here
// can be that of [time.Time.String], after which a name of the zone may follow.
func parseZone(s string, named bool) (offset int, ok bool) {
	if s == "" {
		return 0, true
	}
	spaced := s[0] == ' '
	if spaced {
		s = s[1:]
	}
	if s == "Z" {
		return 0, true
	}
	if named && spaced && len(s) > 5 && s[5] == ' ' {
		offset, ok = parseOffset(s[:5])
		return offset, ok && isStringTail(s[6:])
	}
	return parseOffset(s)
}

// parseOffset reads the whole of s as +07, +0700, +07:00 or +07:00:00, or the
// same with a minus.
func parseOffset(s string) (offset int, ok bool) {
	if len(s) < 3 || s[0] != '+' && s[0] != '-' {
		return 0, false
	}
	hour, minute, second := two(s[1:]), 0, 0
	switch {
	case len(s) == 3:
	case len(s) == 5:
		minute = two(s[3:])
	case len(s) == 6 && s[3] == ':':
		minute = two(s[4:])
	case len(s) == 9 && s[3] == ':' && s[6] == ':':
		minute, second = two(s[4:]), two(s[7:])
	default:
		return 0, false
	}
	if hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59 {
		return 0, false
	}
	offset = hour*3600 + minute*60 + second
	if s[0] == '-' {
		offset = -offset
	}
	return offset, true
}

// isStringTail reports whether s is what [time.Time.String] writes after the
// offset: the name of the zone and, where the time had one, the monotonic clock.
func isStringTail(s string) bool {
	name, monotonic, found := strings.Cut(s, " ")
	return isZoneName(name) && (!found || isMonotonic(monotonic))
}

// isZoneName reports whether s can be the name of a zone. For a zone without one
// Go writes the offset again, as +03 or -0330, and that is also the name in newer
// time zone data. Other names begin with a capital letter: CEST, ChST, and what
// programs give to [time.FixedZone], such as UTC+8 or Asia/Tokyo.
func isZoneName(s string) bool {
	const longest = 32 // the longest name in use is about half of that
	if s == "" || len(s) > longest {
		return false
	}
	if s[0] == '+' || s[0] == '-' {
		return isOffsetName(s[1:])
	}
	if s[0] < 'A' || s[0] > 'Z' {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if !isDigit(c) && (c|0x20 < 'a' || c|0x20 > 'z') && strings.IndexByte("+-_/:", c) < 0 {
			return false
		}
	}
	return true
}

// isOffsetName reports whether s is 2, 4 or 6 digits: 03, 0330, 001730.
func isOffsetName(s string) bool {
	if len(s) != 2 && len(s) != 4 && len(s) != 6 {
		return false
	}
	for i := range len(s) {
		if !isDigit(s[i]) {
			return false
		}
	}
	return true
}

// isMonotonic reports whether s is a monotonic clock reading as
// [time.Time.String] writes it: m=+0.123456789, or with a minus, and always nine
// digits after the dot.
func isMonotonic(s string) bool {
	const shortest = len("m=+0.123456789")
	if len(s) < shortest || s[:2] != "m=" || s[2] != '+' && s[2] != '-' {
		return false
	}
	dot := len(s) - 10
	for i := 3; i < len(s); i++ {
		if i == dot {
			if s[i] != '.' {
				return false
			}
		} else if !isDigit(s[i]) {
			return false
		}
	}
	return true
}

// The offsets of whole minutes that parseOffset can return are fewer than 2*24*60,
// so zones holds each of them, and cannot grow with what a database contains.
const zoneCount = 2*24*60 - 1

var zones [zoneCount]atomic.Pointer[time.Location]

// fixedZone is the nameless zone of an offset within 23:59:59 either way, in
// seconds. It is safe for concurrent use: of two that make the same zone at once
// the first wins, so that times of one offset share their *time.Location and ==
// can hold between them.
func fixedZone(offset int) *time.Location {
	if offset%60 != 0 {
		// Only the form with seconds gets here, which no driver writes.
		return time.FixedZone("", offset)
	}
	slot := &zones[offset/60+zoneCount/2]
	if zone := slot.Load(); zone != nil {
		return zone
	}
	slot.CompareAndSwap(nil, time.FixedZone("", offset))
	return slot.Load()
}
