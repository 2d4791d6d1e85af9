INSERT INTO authors(name) VALUES ('Ada'), ('Grace');
