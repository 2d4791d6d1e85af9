// Package memory tests databases that live in memory: who shares them, how
// long they live, and that they behave as files do.
package memory
