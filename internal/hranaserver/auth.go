package hranaserver

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/subtle"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"net/http"
	"strings"
	"time"
)

// permission is what a request may do.
type permission struct {
	denied   error // nil when it may read
	readOnly bool
}

type permissionKey struct{}

func permissionOf(ctx context.Context) permission {
	p, _ := ctx.Value(permissionKey{}).(permission)
	return p
}

func (s *Server) asksForTokens() bool { return s.opts.Token != "" || len(s.opts.JWTKeys) > 0 }

func unauthorized(message string) *refusal {
	return statusError(http.StatusUnauthorized, "Unauthorized: `"+message+"`")
}

var (
	errNoHeader  = unauthorized("The `Authorization` HTTP header is required but was not specified")
	errBadHeader = unauthorized("The `Authorization` HTTP header has invalid value")
	errBadScheme = unauthorized("The authentication scheme in the `Authorization` HTTP header is not supported")
	errBadJWT    = unauthorized("The JWT is invalid")
	errExpired   = unauthorized("The JWT has expired")
	errImmature  = unauthorized("The JWT is immature (not valid yet)")
)

// authorize finds out what the request may do, for its context to say.
func (s *Server) authorize(r *http.Request) *http.Request {
	if !s.asksForTokens() {
		return r
	}
	var p permission
	p.readOnly, p.denied = s.checkHeader(r.Header.Get("Authorization"))
	return r.WithContext(context.WithValue(r.Context(), permissionKey{}, p))
}

func (s *Server) checkHeader(header string) (readOnly bool, err error) {
	if header == "" {
		return false, errNoHeader
	}
	scheme, token, ok := strings.Cut(header, " ")
	switch {
	case !ok:
		return false, errBadHeader
	case !strings.EqualFold(scheme, "Bearer"):
		return false, errBadScheme
	}
	token = strings.TrimSpace(token)
	if s.opts.Token != "" && sameSecret(token, s.opts.Token) {
		return false, nil
	}
	if len(s.opts.JWTKeys) == 0 {
		return false, errBadJWT
	}
	return checkJWT(token, s.opts.JWTKeys, time.Now())
}

// sameSecret takes as long for every token of a length, right or wrong.
func sameSecret(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}

// claims are those that libsql-server knows.
type claims struct {
	Exp *float64 `json:"exp"`
	Nbf *float64 `json:"nbf"`
	ID  string   `json:"id"`
	A   string   `json:"a"`
	P   *struct {
		RO, RW, ROA, RWA, DDL *scope
	} `json:"p"`
}

// scope is the set of namespaces that a right is for.
type scope struct {
	NS []string `json:"ns"`
}

func (s *scope) has(namespace string) bool {
	if s == nil {
		return false
	}
	for _, ns := range s.NS {
		if ns == namespace {
			return true
		}
	}
	return false
}

const namespace = "default"

// checkJWT checks a JSON web token and tells whether it is good for reading
// only.
func checkJWT(token string, keys []ed25519.PublicKey, now time.Time) (readOnly bool, err error) {
	signed, sig, ok := cutLast(token, '.')
	head, body, ok2 := strings.Cut(signed, ".")
	if !ok || !ok2 || len(token) > 16<<10 {
		return false, errBadJWT
	}
	var header struct {
		Alg  string
		Crit json.RawMessage // what must be understood, of which nothing is
	}
	var c claims
	signature, err := base64.RawURLEncoding.DecodeString(sig)
	if err != nil || !decodePart(head, &header) || header.Alg != "EdDSA" || header.Crit != nil || !signedByOne(keys, signed, signature) || !decodePart(body, &c) {
		return false, errBadJWT
	}
	seconds := float64(now.Unix())
	switch {
	case c.Exp != nil && *c.Exp <= seconds:
		return false, errExpired
	case c.Nbf != nil && *c.Nbf > seconds:
		return false, errImmature
	}
	return c.rights()
}

func (c *claims) rights() (readOnly bool, err error) {
	if c.P != nil {
		p := c.P
		switch {
		case p.RW.has(namespace), p.RWA.has(namespace):
			return false, nil
		case p.RO.has(namespace), p.ROA.has(namespace):
			return true, nil
		}
		return false, statusError(http.StatusNotFound, "Namespace `default` doesn't exist")
	}
	if c.ID != "" && c.ID != namespace {
		return false, statusError(http.StatusNotFound, "Namespace `default` doesn't exist")
	}
	switch c.A {
	case "ro", "roa":
		return true, nil
	case "", "rw", "rwa":
		return false, nil
	}
	return false, errBadJWT
}

func cutLast(s string, sep byte) (before, after string, ok bool) {
	i := strings.LastIndexByte(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+1:], true
}

func decodePart(part string, into any) bool {
	data, err := base64.RawURLEncoding.DecodeString(part)
	return err == nil && json.Unmarshal(data, into) == nil
}

func signedByOne(keys []ed25519.PublicKey, signed string, signature []byte) bool {
	for _, key := range keys {
		if ed25519.Verify(key, []byte(signed), signature) {
			return true
		}
	}
	return false
}

// ParseJWTKeys reads public keys of Ed25519: a PEM file with any number of them,
// or one key of 32 bytes in base64url, as libsql-server takes them.
func ParseJWTKeys(data []byte) (keys []ed25519.PublicKey, err error) {
	text := strings.TrimSpace(string(data))
	if raw, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(text, "=")); err == nil && len(raw) == ed25519.PublicKeySize {
		return []ed25519.PublicKey{raw}, nil
	}
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		parsed, err := x509.ParsePKIXPublicKey(block.Bytes)
		if err != nil {
			return nil, err
		}
		key, ok := parsed.(ed25519.PublicKey)
		if !ok {
			return nil, errors.New("a key that is not of Ed25519")
		}
		keys = append(keys, key)
	}
	if len(keys) == 0 {
		return nil, errors.New("neither a PEM file of public keys nor 32 bytes in base64url")
	}
	return keys, nil
}
