package wal

import "fmt"

// Position is a place between two frames of a log. It can be kept as text, and
// stays valid when programs end and begin again, for as long as the log lives.
// The zero Position is one that no log has.
type Position struct {
	Salt     [2]uint32 // of the log
	Frame    int       // number of the frame before the place, 0 at the beginning
	Checksum [2]uint32 // of that frame
}

const positionFormat = "%08x%08x.%d.%08x%08x"

// String returns what [Position.UnmarshalText] reads.
func (p Position) String() string {
	return fmt.Sprintf(positionFormat, p.Salt[0], p.Salt[1], p.Frame, p.Checksum[0], p.Checksum[1])
}

// MarshalText returns the position as text.
func (p Position) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText reads the text of a position.
func (p *Position) UnmarshalText(text []byte) error {
	var q Position
	n, err := fmt.Sscanf(string(text), positionFormat, &q.Salt[0], &q.Salt[1], &q.Frame, &q.Checksum[0], &q.Checksum[1])
	if err != nil || n != 5 || q.Frame < 0 || q.String() != string(text) {
		return fmt.Errorf("wal: %q is no position", text)
	}
	*p = q
	return nil
}
