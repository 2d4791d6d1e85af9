package hrana

import (
	"errors"
	"strings"
)

// shortSecret is what is too short to be looked for in texts: it may be a word.
const shortSecret = 5

// hide takes the token and the key out of a text of the server's, which may
// have put there what it was shown.
func (t *transport) hide(text, token string) string {
	for _, secret := range [...]string{token, t.opts.EncryptionKey} {
		if len(secret) > shortSecret && strings.Contains(text, secret) {
			text = strings.ReplaceAll(text, secret, "REDACTED")
		}
	}
	return text
}

// hideIn does so in what a trip came to: an answer, or a failure.
func (t *transport) hideIn(a *answer, err error, token string) {
	if a != nil {
		for i := range a.results {
			r := &a.results[i]
			t.hideError(r.err, token)
			if r.batch == nil {
				continue
			}
			for _, e := range r.batch.errors {
				t.hideError(e, token)
			}
		}
	}
	if err == nil {
		return
	}
	var f *failure
	if !errors.As(err, &f) {
		return
	}
	f.message, f.code = t.hide(f.message, token), t.hide(f.code, token)
	if f.err == nil {
		return
	}
	if text := f.err.Error(); t.hide(text, token) != text {
		f.err = errors.New(t.hide(text, token)) // nothing behind it is shown
	}
}

func (t *transport) hideError(e *serverError, token string) {
	if e != nil {
		e.message, e.code = t.hide(e.message, token), t.hide(e.code, token)
	}
}
