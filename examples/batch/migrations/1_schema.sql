-- A file is one transaction.
CREATE TABLE authors(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE books(
	id INTEGER PRIMARY KEY,
	author_id INTEGER NOT NULL REFERENCES authors,
	title TEXT NOT NULL
);
CREATE TABLE log(line TEXT);
CREATE TRIGGER books_log AFTER INSERT ON books BEGIN
	INSERT INTO log VALUES ('a book; ' || new.title);
END;
