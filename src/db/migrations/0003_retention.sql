-- All at once, or not yet: running processes hold some of these while they wait for another.
LOCK TABLE "accounts", "messages", "tasks", "events", "engine_settings" IN ACCESS EXCLUSIVE MODE;--> statement-breakpoint
CREATE TABLE "database_identity" (
	"id" integer PRIMARY KEY NOT NULL,
	"identity" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "rolled_up_days" (
	"account_id" bigint NOT NULL,
	"day" date NOT NULL,
	"sent" integer NOT NULL,
	"failed" integer NOT NULL,
	"received" integer NOT NULL,
	"opened" integer NOT NULL,
	"rescued" integer NOT NULL,
	CONSTRAINT "rolled_up_days_account_id_day_pk" PRIMARY KEY("account_id","day")
);
--> statement-breakpoint
ALTER TABLE "events" DROP CONSTRAINT "events_message_id_messages_id_fk";
--> statement-breakpoint
DROP INDEX "tasks_one_per_message";--> statement-breakpoint
ALTER TABLE "engine_settings" ADD COLUMN "keep_mail_days" integer DEFAULT 180 NOT NULL;--> statement-breakpoint
ALTER TABLE "engine_settings" ADD COLUMN "keep_event_days" integer DEFAULT 90 NOT NULL;--> statement-breakpoint
ALTER TABLE "engine_settings" ADD COLUMN "keep_handout_days" integer DEFAULT 7 NOT NULL;--> statement-breakpoint
ALTER TABLE "engine_settings" ADD COLUMN "keep_statistics_days" integer DEFAULT 730 NOT NULL;--> statement-breakpoint
ALTER TABLE "rolled_up_days" ADD CONSTRAINT "rolled_up_days_account_id_accounts_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."accounts"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "tasks_one_tidy" ON "tasks" USING btree ("kind") WHERE "tasks"."kind" = 'tidy';--> statement-breakpoint
CREATE UNIQUE INDEX "tasks_one_per_message" ON "tasks" USING btree ("message_id","kind") WHERE "tasks"."message_id" is not null;--> statement-breakpoint
INSERT INTO "tasks" ("kind", "due_at") VALUES ('tidy', now());
