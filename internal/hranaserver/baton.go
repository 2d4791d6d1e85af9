package hranaserver

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
)

// batons makes and checks the tickets for streams. One is the number of its
// stream and of the turn that it is for, with a code that only who has the key
// can make.
type batons struct{ key [32]byte }

func newBatons() *batons {
	b := &batons{}
	rand.Read(b.key[:])
	return b
}

func (b *batons) mac(payload []byte) []byte {
	h := hmac.New(sha256.New, b.key[:])
	h.Write(payload)
	return h.Sum(nil)
}

func (b *batons) encode(stream, turn uint64) string {
	data := make([]byte, 16, 16+sha256.Size)
	binary.BigEndian.PutUint64(data, stream)
	binary.BigEndian.PutUint64(data[8:], turn)
	return base64.RawStdEncoding.EncodeToString(append(data, b.mac(data)...))
}

func (b *batons) decode(baton string) (stream, turn uint64, ok bool) {
	data, err := base64.RawStdEncoding.DecodeString(baton)
	if err != nil || len(data) != 16+sha256.Size || !hmac.Equal(b.mac(data[:16]), data[16:]) {
		return 0, 0, false
	}
	return binary.BigEndian.Uint64(data), binary.BigEndian.Uint64(data[8:]), true
}

// randomID is a number that nobody can guess.
func randomID() uint64 {
	var b [8]byte
	rand.Read(b[:])
	return binary.BigEndian.Uint64(b[:])
}
