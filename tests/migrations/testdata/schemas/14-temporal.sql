-- Tables with a history: views with INSTEAD OF triggers are what programs
-- write to, rows are closed and never changed.
CREATE TABLE employee_history (
  id INTEGER NOT NULL,
  name TEXT NOT NULL,
  salary NUMERIC(8,2) NOT NULL CHECK (salary > 0),
  boss INTEGER,
  valid_from INTEGER NOT NULL,
  valid_to INTEGER NOT NULL DEFAULT 9223372036854775807,
  PRIMARY KEY (id, valid_from),
  CONSTRAINT period CHECK (valid_from < valid_to)
);
CREATE TABLE clock (now INTEGER NOT NULL, one INTEGER PRIMARY KEY CHECK (one = 1));
CREATE UNIQUE INDEX employee_current ON employee_history (id) WHERE valid_to = 9223372036854775807;
CREATE VIEW employee (id, name, salary, boss) AS
  SELECT id, name, salary, boss FROM employee_history WHERE valid_to = 9223372036854775807;
CREATE VIEW IF NOT EXISTS employee_changes AS
  SELECT id, valid_from AS at, name, salary, lag(salary, 1, 0) OVER (PARTITION BY id ORDER BY valid_from) AS before,
    salary - avg(salary) OVER (PARTITION BY id ORDER BY valid_from RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW EXCLUDE NO OTHERS) AS off
  FROM employee_history;
CREATE VIEW payroll AS SELECT e.name, b.name AS boss_name FROM employee AS e LEFT JOIN employee AS b ON b.id IS NOT DISTINCT FROM e.boss AND b.id IS NOT NULL;
CREATE TRIGGER employee_insert INSTEAD OF INSERT ON employee BEGIN
  INSERT INTO employee_history (id, name, salary, boss, valid_from) SELECT coalesce(new.id, (SELECT max(id) + 1 FROM employee_history)), new.name, coalesce(new.salary, 1), new.boss, now FROM clock;
END;
CREATE TRIGGER employee_update INSTEAD OF UPDATE OF name, salary, boss ON employee WHEN (old.name, old.salary) IS NOT (new.name, new.salary) BEGIN
  UPDATE employee_history SET valid_to = clock.now FROM clock WHERE employee_history.id = old.id AND valid_to = 9223372036854775807;
  INSERT INTO employee_history (id, name, salary, boss, valid_from) VALUES (new.id, new.name, new.salary, new.boss, (SELECT now FROM clock));
END;
CREATE TRIGGER employee_delete INSTEAD OF DELETE ON employee BEGIN
  UPDATE employee_history SET valid_to = (SELECT now FROM clock) WHERE id = old.id AND valid_to = 9223372036854775807;
END;
CREATE TRIGGER history_stays BEFORE DELETE ON employee_history BEGIN SELECT raise(ABORT, 'history stays'); END;
INSERT INTO clock VALUES (100, 1);
INSERT INTO employee (id, name, salary, boss) VALUES (1, 'Ada', 5000, NULL), (2, 'Bert', 4000.50, 1), (3, 'Cleo', '3500', 2);
UPDATE clock SET now = 200;
UPDATE employee SET salary = salary * 1.1 WHERE id < 3;
UPDATE clock SET now = 300;
DELETE FROM employee WHERE id = 3;
