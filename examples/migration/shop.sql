-- A shop that another tool made, with what such databases have.
CREATE TABLE customers (
	id INTEGER PRIMARY KEY, -- numbered since 2009, don't ask
	name VARCHAR(40) COLLATE NOCASE,
	email TEXT UNIQUE,
	discount TEXT DEFAULT '0' CHECK (discount <> '100')
);
CREATE TABLE orders (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	customer_id INTEGER NOT NULL REFERENCES customers ON DELETE CASCADE,
	total REAL,
	placed DATETIME
);
CREATE INDEX orders_of_customer ON orders(customer_id) WHERE total > 0;
CREATE VIEW sums AS SELECT name, sum(total) AS total FROM customers JOIN orders ON customer_id = customers.id GROUP BY name;
CREATE TABLE log (what TEXT);
CREATE TRIGGER renamed AFTER UPDATE OF name ON customers BEGIN
	INSERT INTO log VALUES (old.name || ' -> ' || new.name);
END;
INSERT INTO customers VALUES (3, 'Ada', 'ada@example.com', '5'), (7, 'Grace', NULL, '10');
INSERT INTO orders(customer_id, total, placed) VALUES
	(3, 12.5, '2021-03-04T05:06:07+02:00'), (3, 30, '2021-04-04 05:06:07'), (7, 4, '2021-05-04 05:06:07+00:00');
