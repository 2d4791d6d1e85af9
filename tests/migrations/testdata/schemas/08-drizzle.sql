-- A task board by Drizzle Kit: backticks, tabs, statement breakpoints, indexes
-- apart, times as numbers with an expression as default.
CREATE TABLE `__drizzle_migrations` (
	id SERIAL PRIMARY KEY,
	hash text NOT NULL,
	created_at numeric
);
--> statement-breakpoint
CREATE TABLE `boards` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`owner_id` text,
	`meta` text DEFAULT '{"columns":["todo","doing","done"],"wip":3}' NOT NULL,
	`created_at` integer DEFAULT (unixepoch('2024-01-01')) NOT NULL
);
--> statement-breakpoint
CREATE TABLE `cards` (
	`id` integer PRIMARY KEY NOT NULL,
	`board_id` text NOT NULL,
	`title` text(256) NOT NULL,
	`status` text DEFAULT 'todo' NOT NULL,
	`rank` real DEFAULT 1.0 NOT NULL,
	`is_done` integer GENERATED ALWAYS AS ("status" = 'done') VIRTUAL,
	`due` integer,
	`blocked_by` integer,
	FOREIGN KEY (`board_id`) REFERENCES `boards`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`blocked_by`) REFERENCES `cards`(`id`) ON UPDATE no action ON DELETE set null,
	CONSTRAINT "status_known" CHECK("cards"."status" in ('todo', 'doing', 'done'))
);
--> statement-breakpoint
CREATE TABLE `card_labels` (
	`card_id` integer NOT NULL,
	`label` text NOT NULL,
	PRIMARY KEY(`card_id`, `label`),
	FOREIGN KEY (`card_id`) REFERENCES `cards`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `boards_name_unique` ON `boards` (`name`);--> statement-breakpoint
CREATE INDEX `cards_status_idx` ON `cards` (`board_id`,`status`,"rank" desc);--> statement-breakpoint
CREATE UNIQUE INDEX `cards_title_idx` ON `cards` (lower("title")) WHERE "cards"."status" <> 'done';
CREATE VIEW `board_progress` AS select `b`.`name`, sum("is_done") filter (where "is_done") as "done", count(*) as "all" from `boards` `b` inner join `cards` `c` on (`c`.`board_id` = `b`.`id`) group by `b`.`id`;
INSERT INTO `__drizzle_migrations` VALUES (NULL, 'd41d8cd98f00b204e9800998ecf8427e', 1704067200000);
INSERT INTO `boards` VALUES ('01HKZ', 'Release', NULL, '{}', 1704067200), ('01HKY', 'Ideen', 'u1', '{"columns":[]}', 1704067201);
INSERT INTO `cards`(`id`, `board_id`, `title`, `status`, `rank`, `due`, `blocked_by`) VALUES (1, '01HKZ', 'Write notes', 'doing', 0.5, 1704153600, NULL), (2, '01HKZ', 'Tag', 'todo', 1, NULL, 1), (4, '01HKZ', 'write notes', 'done', 2, NULL, NULL), (9, '01HKY', 'Fork', 'todo', 1, NULL, 2);
INSERT INTO `card_labels` VALUES (1, 'docs'), (2, 'release'), (2, 'docs');
