package driver

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// A remote address is parsed by net/url, whose errors and whose URL.String show
// all of it; parseRemote therefore lives by two rules: no error of net/url leaves
// it, and no URL leaves it that has a user, a query or a fragment.

// remoteSchemes are the schemes of a remote database.
var remoteSchemes = []string{"libsql", "https", "http", "wss", "ws"}

// parseRemote reads the address of a remote database. The problem, if any, is
// the end of a sentence that begins with the name of the setting.
func parseRemote(address string) (u *url.URL, problem string) {
	u, err := url.Parse(address)
	switch {
	case err != nil:
		return nil, "is not a valid URL"
	case !slices.Contains(remoteSchemes, u.Scheme) || u.Opaque != "":
		return nil, "must begin with one of " + strings.Join(remoteSchemes, "://, ") + "://"
	case u.User != nil:
		return nil, "must not contain a user or password: give a token as authToken"
	case u.RawQuery != "" || u.ForceQuery:
		return nil, "must not contain parameters of its own"
	case u.Fragment != "" || strings.Contains(address, "#"):
		return nil, "must not contain a fragment (#)"
	case u.Hostname() == "":
		return nil, "names no host"
	case strings.ContainsAny(u.Hostname(), "!\"#$'()*+,;<>@^`{|} "):
		return nil, "has a host with a character that no host name has"
	case u.Port() == "" && strings.HasSuffix(u.Host, ":"):
		return nil, "has a colon but no port"
	case u.Port() != "" && !validPort(u.Port()):
		return nil, "has a port outside 1 to 65535"
	}
	if bare := strings.TrimRight(address, "/"); bare != address {
		// The host is before the slashes, so what is left is the same address.
		return parseRemote(bare)
	}
	return u, ""
}

// validPort reports whether a URL's port is one.
func validPort(port string) bool {
	n, err := strconv.ParseUint(port, 10, 16)
	return err == nil && n > 0
}
