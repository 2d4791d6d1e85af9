package callbacks

import "strconv"

// String returns file:line, "" of no frame.
func (f Frame) String() string {
	if f.File == "" {
		return ""
	}
	return f.File + ":" + strconv.Itoa(f.Line)
}
