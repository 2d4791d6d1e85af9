-- A shop on Rails: its schema_migrations, quoting, precise datetimes, defaults,
-- and foreign keys with names of rails.
CREATE TABLE "schema_migrations" ("version" varchar NOT NULL PRIMARY KEY);
CREATE TABLE "ar_internal_metadata" ("key" varchar NOT NULL PRIMARY KEY, "value" varchar, "created_at" datetime(6) NOT NULL, "updated_at" datetime(6) NOT NULL);
CREATE TABLE "customers" ("id" integer PRIMARY KEY AUTOINCREMENT NOT NULL, "email" varchar DEFAULT '' NOT NULL COLLATE "NOCASE", "name" varchar, "admin" boolean DEFAULT FALSE, "preferences" json DEFAULT '{}' NOT NULL, "created_at" datetime(6) NOT NULL, "updated_at" datetime(6) NOT NULL);
CREATE TABLE IF NOT EXISTS "orders" ("id" integer PRIMARY KEY AUTOINCREMENT NOT NULL, "customer_id" integer NOT NULL, "number" varchar(20) NOT NULL, "total" decimal(10,2) DEFAULT 0.0 NOT NULL, "lines" integer DEFAULT 0 NOT NULL, "placed_on" date DEFAULT (CURRENT_DATE), "note" text, "lock_version" integer DEFAULT 0, CONSTRAINT "fk_rails_3dad120da9"
FOREIGN KEY ("customer_id")
  REFERENCES "customers" ("id")
 ON DELETE CASCADE);
CREATE TABLE "line_items" ("id" integer PRIMARY KEY AUTOINCREMENT NOT NULL, "order_id" integer, "sku" varchar NOT NULL, "quantity" integer DEFAULT 1 NOT NULL, "price" decimal(10,2), CONSTRAINT "fk_rails_2dc2e5c22c"
FOREIGN KEY ("order_id")
  REFERENCES "orders" ("id")
 ON DELETE SET NULL ON UPDATE CASCADE, CONSTRAINT chk_rails_quantity CHECK (quantity > 0));
CREATE UNIQUE INDEX "index_customers_on_email" ON "customers" ("email") /*application='Shop'*/;
CREATE INDEX "index_orders_on_customer_id" ON "orders" ("customer_id");
CREATE INDEX "index_orders_on_lower_number" ON "orders" (lower(number) DESC);
CREATE UNIQUE INDEX IF NOT EXISTS "index_orders_on_number" ON "orders" ("number" COLLATE NOCASE);
CREATE INDEX "index_line_items_on_order_id_and_sku" ON "line_items" ("order_id", "sku");
CREATE VIEW "order_totals" AS SELECT o.id, o.number, count(l.id) AS items, coalesce(sum(l.quantity * l.price), 0) AS total FROM orders o LEFT JOIN line_items l ON l.order_id = o.id GROUP BY o.id HAVING count(l.id) >= 0 ORDER BY o.id;
-- a counter cache, as a gem makes it
CREATE TRIGGER line_items_count_insert AFTER INSERT ON line_items FOR EACH ROW BEGIN UPDATE orders SET lines = lines + 1, total = total + NEW.quantity * coalesce(NEW.price, 0) WHERE id = NEW.order_id; END;
CREATE TRIGGER line_items_count_delete AFTER DELETE ON line_items BEGIN UPDATE orders SET lines = lines - 1 WHERE id = OLD.order_id; END;
INSERT INTO schema_migrations VALUES ('20230101120000'), ('20230202130000');
INSERT INTO ar_internal_metadata VALUES ('environment', 'production', '2023-01-01 12:00:00.000000', '2023-01-01 12:00:00.000000');
INSERT INTO customers VALUES (1, 'Ann@Example.com', 'Ann', 1, '{"theme":"dark"}', '2023-01-02 00:00:00.123456', '2023-01-02 00:00:00.123456'), (2, 'bo@example.com', NULL, 0, '{}', '2023-01-03 00:00:00', '2023-01-03 00:00:00');
INSERT INTO orders(id, customer_id, number, placed_on, note) VALUES (5, 1, 'A-1', '2024-05-05', 'leave at the door'), (6, 1, 'A-2', '2024-05-06', NULL), (9, 2, 'b-1', '2024-05-07', '');
INSERT INTO line_items(order_id, sku, quantity, price) VALUES (5, 'pen', 3, 1.25), (5, 'ink', 1, 10), (6, 'pen', 2, 1.25), (NULL, 'old', 1, NULL);
