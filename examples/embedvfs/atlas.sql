CREATE TABLE countries(
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  capital TEXT NOT NULL,
  area INTEGER NOT NULL -- km²
);
CREATE TABLE borders(
  country_id INTEGER NOT NULL REFERENCES countries(id),
  neighbour_id INTEGER NOT NULL REFERENCES countries(id),
  PRIMARY KEY (country_id, neighbour_id)
) WITHOUT ROWID;
INSERT INTO countries VALUES
  (1, 'Austria', 'Vienna', 83879), (2, 'Belgium', 'Brussels', 30528), (3, 'Czechia', 'Prague', 78871),
  (4, 'Denmark', 'Copenhagen', 42951), (5, 'France', 'Paris', 543940), (6, 'Germany', 'Berlin', 357592),
  (7, 'Luxembourg', 'Luxembourg', 2586), (8, 'Netherlands', 'Amsterdam', 41850), (9, 'Poland', 'Warsaw', 312696),
  (10, 'Switzerland', 'Bern', 41285);
INSERT INTO borders VALUES
  (1, 3), (1, 6), (1, 10), (2, 5), (2, 6), (2, 7), (2, 8), (3, 6), (3, 9), (4, 6), (5, 6), (5, 7), (5, 10), (6, 7), (6, 8), (6, 9), (6, 10);
INSERT INTO borders SELECT neighbour_id, country_id FROM borders;
