// Package sqltext is the one SQL tokenizer of this module.
package sqltext
