-- All at once, or not yet: running processes hold some of these while they wait for another.
LOCK TABLE "accounts", "account_counts", "incidents", "messages", "tasks", "events", "engine_settings" IN ACCESS EXCLUSIVE MODE;--> statement-breakpoint
CREATE TABLE "database_identity" (
	"id" integer PRIMARY KEY NOT NULL,
	"identity" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "gmail_quota" (
	"subject" text PRIMARY KEY NOT NULL,
	"whole_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "google_sightings" (
	"process" text PRIMARY KEY NOT NULL,
	"at" timestamp (3) with time zone NOT NULL,
	"failing" bigint[] NOT NULL,
	"fine" integer NOT NULL
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
ALTER TABLE "account_counts" ADD COLUMN "begun" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "engine_settings" ADD COLUMN "keep_mail_days" integer DEFAULT 180 NOT NULL;--> statement-breakpoint
ALTER TABLE "engine_settings" ADD COLUMN "keep_event_days" integer DEFAULT 90 NOT NULL;--> statement-breakpoint
ALTER TABLE "engine_settings" ADD COLUMN "keep_handout_days" integer DEFAULT 7 NOT NULL;--> statement-breakpoint
ALTER TABLE "engine_settings" ADD COLUMN "keep_statistics_days" integer DEFAULT 730 NOT NULL;--> statement-breakpoint
ALTER TABLE "messages" ADD COLUMN "looked_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "messages" ADD COLUMN "look_saw" text;--> statement-breakpoint
ALTER TABLE "messages" ADD COLUMN "look_failure" text;--> statement-breakpoint
ALTER TABLE "messages" ADD COLUMN "resend_wished_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "messages" ADD COLUMN "open_failure" text;--> statement-breakpoint
ALTER TABLE "rolled_up_days" ADD CONSTRAINT "rolled_up_days_account_id_accounts_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."accounts"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "gmail_quota_whole" ON "gmail_quota" USING btree ("whole_at");--> statement-breakpoint
CREATE INDEX "incidents_subject" ON "incidents" USING btree ("subject","id");--> statement-breakpoint
CREATE INDEX "messages_failed" ON "messages" USING btree ("id") WHERE "messages"."state" = 'failed' or "messages"."open_failure" is not null;--> statement-breakpoint
CREATE INDEX "tasks_troubled" ON "tasks" USING btree ("errors") WHERE "tasks"."errors" > 0;--> statement-breakpoint
CREATE UNIQUE INDEX "tasks_one_tidy" ON "tasks" USING btree ("kind") WHERE "tasks"."kind" = 'tidy';--> statement-breakpoint
CREATE UNIQUE INDEX "tasks_one_per_message" ON "tasks" USING btree ("message_id","kind") WHERE "tasks"."message_id" is not null;--> statement-breakpoint
INSERT INTO "tasks" ("kind", "due_at") VALUES ('tidy', now());
