-- What TestFiles runs.
CREATE TABLE countries(code TEXT PRIMARY KEY, name TEXT NOT NULL);
