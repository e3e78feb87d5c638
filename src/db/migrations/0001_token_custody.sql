-- All at once, or not yet: running processes hold some of these while they wait for another.
LOCK TABLE "accounts", "tasks", "events" IN ACCESS EXCLUSIVE MODE;--> statement-breakpoint
CREATE TABLE "api_keys" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "api_keys_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"name" text NOT NULL,
	"key_hash" text NOT NULL,
	"scopes" text[] NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"expires_at" timestamp (3) with time zone,
	"last_used_at" timestamp (3) with time zone,
	"revoked_at" timestamp (3) with time zone,
	CONSTRAINT "api_keys_name_unique" UNIQUE("name"),
	CONSTRAINT "api_keys_key_hash_unique" UNIQUE("key_hash")
);
--> statement-breakpoint
CREATE TABLE "deliveries" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "deliveries_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"channel" text NOT NULL,
	"webhook_id" bigint,
	"state" text DEFAULT 'collecting' NOT NULL,
	"failure" text,
	"created_at" timestamp (3) with time zone NOT NULL,
	"ended_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "incidents" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "incidents_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"kind" text NOT NULL,
	"subject" text NOT NULL,
	"account_id" bigint,
	"failure" text NOT NULL,
	"words" text NOT NULL,
	"opened_at" timestamp (3) with time zone NOT NULL,
	"closed_at" timestamp (3) with time zone,
	"next_try_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "notices" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "notices_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"incident_id" bigint NOT NULL,
	"edge" text NOT NULL,
	"delivery_id" bigint NOT NULL,
	"channel" text NOT NULL,
	"webhook_id" bigint,
	CONSTRAINT "notices_once" UNIQUE NULLS NOT DISTINCT("incident_id","edge","channel","webhook_id")
);
--> statement-breakpoint
CREATE TABLE "webhooks" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "webhooks_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"host" text NOT NULL,
	"sealed" text NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
DROP INDEX "events_account";--> statement-breakpoint
ALTER TABLE "accounts" ALTER COLUMN "google_user_id" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "tasks" ALTER COLUMN "account_id" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "accounts" ADD COLUMN "failure" text;--> statement-breakpoint
ALTER TABLE "accounts" ADD COLUMN "stays_paused" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "accounts" ADD COLUMN "refresh_problem" text;--> statement-breakpoint
ALTER TABLE "accounts" ADD COLUMN "refresh_failure" text;--> statement-breakpoint
ALTER TABLE "accounts" ADD COLUMN "refresh_not_before" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "accounts" ADD COLUMN "extra_scopes" text[] DEFAULT '{}' NOT NULL;--> statement-breakpoint
ALTER TABLE "tasks" ADD COLUMN "delivery_id" bigint;--> statement-breakpoint
ALTER TABLE "deliveries" ADD CONSTRAINT "deliveries_webhook_id_webhooks_id_fk" FOREIGN KEY ("webhook_id") REFERENCES "public"."webhooks"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "incidents" ADD CONSTRAINT "incidents_account_id_accounts_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."accounts"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "notices" ADD CONSTRAINT "notices_incident_id_incidents_id_fk" FOREIGN KEY ("incident_id") REFERENCES "public"."incidents"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "notices" ADD CONSTRAINT "notices_delivery_id_deliveries_id_fk" FOREIGN KEY ("delivery_id") REFERENCES "public"."deliveries"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "notices" ADD CONSTRAINT "notices_webhook_id_webhooks_id_fk" FOREIGN KEY ("webhook_id") REFERENCES "public"."webhooks"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "deliveries_one_collecting" ON "deliveries" USING btree ("channel",coalesce("webhook_id", 0)) WHERE "deliveries"."state" = 'collecting';--> statement-breakpoint
CREATE UNIQUE INDEX "incidents_one_open" ON "incidents" USING btree ("subject") WHERE "incidents"."closed_at" is null;--> statement-breakpoint
CREATE INDEX "incidents_account" ON "incidents" USING btree ("account_id");--> statement-breakpoint
CREATE INDEX "notices_delivery" ON "notices" USING btree ("delivery_id");--> statement-breakpoint
ALTER TABLE "tasks" ADD CONSTRAINT "tasks_delivery_id_deliveries_id_fk" FOREIGN KEY ("delivery_id") REFERENCES "public"."deliveries"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "events_told" ON "events" USING btree ("id") WHERE "events"."kind" <> 'token_served';--> statement-breakpoint
CREATE INDEX "events_served" ON "events" USING btree ("account_id","id") WHERE "events"."kind" = 'token_served';--> statement-breakpoint
CREATE UNIQUE INDEX "tasks_one_per_delivery" ON "tasks" USING btree ("delivery_id");--> statement-breakpoint
CREATE INDEX "events_account" ON "events" USING btree ("account_id","id") WHERE "events"."kind" <> 'token_served';--> statement-breakpoint
-- Accounts that are connected already: their first daily checks are spread over a day.
INSERT INTO "tasks" ("kind", "account_id", "due_at")
SELECT 'check', "id", now() + random() * interval '1 day' FROM "accounts" WHERE "status" <> 'removed';--> statement-breakpoint
UPDATE "accounts" SET "failure" = 'grant_revoked' WHERE "status" = 'needs_reauth';--> statement-breakpoint
INSERT INTO "incidents" ("kind", "subject", "account_id", "failure", "words", "opened_at")
SELECT 'needs_reauth', 'account:' || "id", "id", 'grant_revoked', coalesce("last_error", 'Google refused the token'), now()
FROM "accounts" WHERE "status" = 'needs_reauth';
