// Package vecindex knows libSQL's vector columns and the indexes over them: the
// grammar of the tag vectorIndex, the options that the engine takes and their
// limits, and the CREATE INDEX that says so. The types, the migrator and the
// local engine share it.
package vecindex
