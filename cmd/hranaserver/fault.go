package main

import (
	"bytes"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gorm-libsql/libsql/internal/hranaserver"
)

// faultFlag is the flag -fault, which may be given several times.
type faultFlag []hranaserver.Fault

func (f *faultFlag) String() string { return "" }

// Set reads what goes wrong, as in "body=INSERT,nth=3,after=502".
func (f *faultFlag) Set(text string) error {
	var fault hranaserver.Fault
	path, body := "", ""
	for _, part := range strings.Split(text, ",") {
		name, value, _ := strings.Cut(part, "=")
		var err error
		switch name {
		case "path":
			path = value
		case "body":
			body = value
		case "nth":
			fault.Nth, err = strconv.Atoi(value)
		case "times":
			fault.Times, err = strconv.Atoi(value)
		case "delay":
			fault.Delay, err = time.ParseDuration(value)
		case "expire":
			fault.Expire = true
		case "reset-before":
			fault.ResetBefore = true
		case "before":
			fault.Before, err = status(value)
		case "twice":
			fault.Twice = true
		case "after":
			fault.After, err = status(value)
		case "baton":
			fault.Baton = value
		case "delay-after":
			fault.DelayAfter, err = time.ParseDuration(value)
		case "reset-after":
			fault.ResetAfter = true
		case "cut":
			if fault.Cut, err = strconv.Atoi(value); err == nil && fault.Cut == 0 {
				fault.Cut = -1
			}
		default:
			err = fmt.Errorf("unknown word %q", name)
		}
		if err != nil {
			return err
		}
	}
	fault.On = func(r *http.Request, sent []byte) bool {
		return r.Method == http.MethodPost && strings.HasPrefix(r.URL.Path, path) && bytes.Contains(sent, []byte(body))
	}
	*f = append(*f, fault)
	return nil
}

func status(value string) (int, error) {
	n, err := strconv.Atoi(value)
	if err == nil && (n < 200 || n > 599) {
		err = fmt.Errorf("%d is no status", n)
	}
	return n, err
}
