package main

import (
	"os"
	"os/exec"
	"path/filepath"
)

var clients = []client{
	{name: "this module", build: goClient("remote")},
	{name: "libsql-client-go", build: goClient("clientgo")},
	{name: "go-libsql", build: goClient("golibsql")},
	{name: "@libsql/client", build: nodeClient("client.mjs")},
	{name: "hrana-client, Protobuf", build: nodeClient("protobuf.mjs")},
	{name: "libsql, Python", build: pythonClient},
}

func goClient(dir string) func(work, _ string) ([]string, error) {
	return func(work, _ string) ([]string, error) {
		bin := filepath.Join(work, dir)
		return []string{bin}, command(".", "go", "build", "-o", bin, "./"+dir)
	}
}

// nodeClient installs the packages of package.json, once, into the cache.
func nodeClient(script string) func(_, cache string) ([]string, error) {
	return func(_, cache string) ([]string, error) {
		node, err := exec.LookPath("node")
		if err != nil {
			return nil, err
		}
		dir := filepath.Join(cache, "node")
		if err := installed(dir, "node/package.json", func() error {
			return command(dir, "npm", "install", "--fetch-retries=1", "--no-audit", "--no-fund", "--ignore-scripts")
		}); err != nil {
			return nil, err
		}
		return []string{node, filepath.Join("node", script), dir}, nil
	}
}

// pythonClient installs the packages of requirements.txt likewise.
func pythonClient(_, cache string) ([]string, error) {
	dir := filepath.Join(cache, "python")
	python := filepath.Join(dir, "venv", "bin", "python")
	err := installed(dir, "python/requirements.txt", func() error {
		if err := command(dir, "python3", "-m", "venv", "venv"); err != nil {
			return err
		}
		return command(dir, python, "-m", "pip", "install", "-q", "--retries", "1", "--timeout", "15", "-r", "requirements.txt")
	})
	return []string{python, "python/client.py"}, err
}

// installed runs install in a directory that has a copy of the list of what is
// wanted, unless that has been done for the same list.
func installed(dir, list string, install func() error) error {
	want, err := os.ReadFile(list)
	if err != nil {
		return err
	}
	done := filepath.Join(dir, "installed")
	if have, err := os.ReadFile(done); err == nil && string(have) == string(want) {
		return nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, filepath.Base(list)), want, 0o644); err != nil {
		return err
	}
	if err := install(); err != nil {
		return err
	}
	return os.WriteFile(done, want, 0o644)
}
