package tagoption

import (
	"fmt"
	"slices"
	"strings"
)

// Tag is a tag with options: name=value with commas between them.
type Tag struct {
	Name  string   // as the user writes it
	Flags []string // options without a value
	Rest  string   // the option that is the last, since its value may hold commas
}

// Each calls set for each option of the tag's text, once, with the name in
// lower case. An error names the tag.
func (t Tag) Each(text string, set func(name, value string) error) error {
	if strings.EqualFold(text, t.Name) { // what GORM takes for the value of a tag without one
		return nil
	}
	seen := map[string]bool{}
	for rest := text; strings.TrimSpace(rest) != ""; {
		var option string
		option, rest, _ = strings.Cut(rest, ",")
		name, value, valued := strings.Cut(option, "=")
		name, value = strings.ToLower(strings.TrimSpace(name)), strings.TrimSpace(value)
		if name == t.Rest && rest != "" {
			value, rest = value+","+rest, ""
		}
		flag := slices.Contains(t.Flags, name)
		switch {
		case flag && valued:
			return fmt.Errorf("%s: %s has no value", t.Name, name)
		case !flag && value == "":
			return fmt.Errorf("%s: %q is no option: write %s", t.Name, strings.TrimSpace(option), strings.Join(append([]string{"name=value"}, t.Flags...), " or "))
		case seen[name]:
			return fmt.Errorf("%s: %s is there twice", t.Name, name)
		}
		seen[name] = true
		if err := set(name, value); err != nil {
			return fmt.Errorf("%s: %w", t.Name, err)
		}
	}
	return nil
}
