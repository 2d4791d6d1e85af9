package hranaserver

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// decodeJSON reads a request. What encoding/json would silently make something
// else of, bytes that are no UTF-8 and half a surrogate pair, is an error.
func decodeJSON(body []byte, into any) error {
	err := errors.New("the text is not UTF-8")
	if utf8.Valid(body) {
		if err = checkSurrogates(body); err == nil {
			err = checkNames(body)
		}
		if err == nil {
			err = json.Unmarshal(body, into)
		}
	}
	if err != nil {
		return protocolError("Cannot deserialize client message from JSON: %v", err)
	}
	return nil
}

// checkSurrogates finds escapes of half a character.
func checkSurrogates(body []byte) error {
	for i := 0; ; {
		n := bytes.IndexByte(body[i:], '\\')
		if n < 0 || i+n+1 >= len(body) {
			return nil
		}
		i += n
		switch hi := escapedUnit(body[i:]); {
		case hi >= 0xd800 && hi < 0xdc00:
			if lo := escapedUnit(body[i+6:]); lo < 0xdc00 || lo > 0xdfff {
				return errors.New("lone leading surrogate in hex escape")
			}
			i += 12
		case hi >= 0xdc00 && hi <= 0xdfff:
			return errors.New("lone trailing surrogate in hex escape")
		default:
			i += 2
		}
	}
}

var fieldNames = map[string]bool{
	"baton": true, "requests": true, "type": true, "stmt": true, "batch": true, "sql": true, "sql_id": true,
	"args": true, "named_args": true, "want_rows": true, "name": true, "value": true, "base64": true,
	"steps": true, "condition": true, "step": true, "cond": true, "conds": true,
}

// checkNames finds a field whose name differs from one of the protocol in the
// case of its letters alone: encoding/json would take it, libsql-server does
// not.
func checkNames(body []byte) error {
	for i := 0; i < len(body); i++ {
		if body[i] != '"' {
			continue
		}
		from := i + 1
		for i++; i < len(body) && body[i] != '"'; i++ {
			if body[i] == '\\' {
				i++
			}
		}
		if !isName(body, i) {
			continue
		}
		name := string(body[from:i])
		if fold := strings.ToLower(strings.ToUpper(name)); fold != name && fieldNames[fold] {
			return fmt.Errorf("unknown field `%s`", name)
		}
	}
	return nil
}

// isName tells whether the text that ends at i is the name of a field.
func isName(body []byte, i int) bool {
	for i++; i < len(body); i++ {
		switch body[i] {
		case ' ', '\t', '\r', '\n':
		default:
			return body[i] == ':'
		}
	}
	return false
}

// escapedUnit reads an escape of the form \uXXXX, -1 if that is not what b
// begins with.
func escapedUnit(b []byte) int {
	if len(b) < 6 || b[0] != '\\' || b[1] != 'u' {
		return -1
	}
	n, err := strconv.ParseUint(string(b[2:6]), 16, 16)
	if err != nil {
		return -1
	}
	return int(n)
}

// UnmarshalJSON reads a value of the protocol. Integers come as decimal texts,
// since a number of JSON has no 64 bits everywhere; base64 has its padding or
// not.
func (v *value) UnmarshalJSON(data []byte) error {
	var raw struct {
		Type   *string         `json:"type"`
		Value  json.RawMessage `json:"value"`
		Base64 json.RawMessage `json:"base64"`
	}
	if err := json.Unmarshal(data, &raw); err != nil {
		return err
	}
	if raw.Type == nil {
		return errors.New("missing field `type` of a value")
	}
	var err error
	switch *raw.Type {
	case "null":
		v.v = nil
	case "integer":
		v.v, err = integerJSON(raw.Value)
	case "float":
		v.v, err = floatJSON(raw.Value)
	case "text":
		var s *string
		if err = json.Unmarshal(orNull(raw.Value), &s); err == nil && s == nil {
			err = errors.New("missing field `value` of a text")
		}
		if err == nil {
			v.v = *s
		}
	case "blob":
		v.v, err = blobJSON(raw.Base64)
	default:
		err = fmt.Errorf("unknown type `%s` of a value", *raw.Type)
	}
	return err
}

func orNull(raw json.RawMessage) json.RawMessage {
	if raw == nil {
		return json.RawMessage("null")
	}
	return raw
}

// plainText is a text without escapes.
func plainText(raw json.RawMessage) (string, bool) {
	if len(raw) < 2 || raw[0] != '"' || bytes.IndexByte(raw, '\\') >= 0 {
		return "", false
	}
	return string(raw[1 : len(raw)-1]), true
}

func integerJSON(raw json.RawMessage) (any, error) {
	s, ok := plainText(raw)
	if !ok {
		return nil, errors.New("invalid `value` of an integer: expected a borrowed string")
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return nil, errors.New("invalid `value` of an integer")
	}
	return n, nil
}

func floatJSON(raw json.RawMessage) (any, error) {
	if len(raw) == 0 || raw[0] != '-' && (raw[0] < '0' || raw[0] > '9') {
		return nil, errors.New("invalid `value` of a float: expected a number")
	}
	f, err := strconv.ParseFloat(string(raw), 64)
	if err != nil || math.IsInf(f, 0) {
		return nil, errors.New("invalid `value` of a float: number out of range")
	}
	return f, nil
}

func blobJSON(raw json.RawMessage) (any, error) {
	s, ok := plainText(raw)
	if !ok {
		return nil, errors.New("invalid `base64` of a blob: expected a borrowed string")
	}
	return decodeBase64(s)
}

func decodeBase64(s string) ([]byte, error) {
	enc := base64.RawStdEncoding
	if len(s)%4 == 0 && len(s) > 0 && s[len(s)-1] == '=' {
		enc = base64.StdEncoding
	}
	b, err := enc.DecodeString(s)
	if err != nil || bytes.ContainsAny([]byte(s), "\r\n") { // which the decoder skips
		return nil, errors.New("invalid `base64` of a blob")
	}
	return b, nil
}
