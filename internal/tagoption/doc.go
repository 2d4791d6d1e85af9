// Package tagoption reads what stands in a model's tag that has options of its
// own, as fts and vectorIndex have.
package tagoption
