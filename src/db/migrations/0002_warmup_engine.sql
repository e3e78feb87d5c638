-- All at once, or not yet: running processes hold some of these while they wait for another.
LOCK TABLE "accounts", "account_counts", "messages", "tasks", "events" IN ACCESS EXCLUSIVE MODE;--> statement-breakpoint
CREATE TABLE "account_days" (
	"account_id" bigint NOT NULL,
	"day" date NOT NULL,
	"warmup_day" integer,
	"volume" integer,
	"planned" integer,
	"short_of" integer DEFAULT 0 NOT NULL,
	"health" text,
	"sent" integer DEFAULT 0 NOT NULL,
	"replies" integer DEFAULT 0 NOT NULL,
	"inbox" integer DEFAULT 0 NOT NULL,
	"tabs" integer DEFAULT 0 NOT NULL,
	"spam" integer DEFAULT 0 NOT NULL,
	"missing" integer DEFAULT 0 NOT NULL,
	"bounced" integer DEFAULT 0 NOT NULL,
	"refused" integer DEFAULT 0 NOT NULL,
	"bounced_to" integer DEFAULT 0 NOT NULL,
	CONSTRAINT "account_days_account_id_day_pk" PRIMARY KEY("account_id","day")
);
--> statement-breakpoint
CREATE TABLE "engine_settings" (
	"id" integer PRIMARY KEY NOT NULL,
	"label_name" text NOT NULL,
	"leaves_inbox" boolean NOT NULL,
	"max_turns" integer NOT NULL,
	"cool_down_days" integer NOT NULL,
	"evidence_days" integer NOT NULL,
	"watch_share" double precision NOT NULL,
	"throttle_share" double precision NOT NULL,
	"pause_share" double precision NOT NULL,
	"rest_days" integer NOT NULL,
	"needs_authentication" boolean NOT NULL,
	"dkim_selectors" text[] NOT NULL,
	"stopped_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "placement_counts" (
	"sender_id" bigint NOT NULL,
	"domain" text NOT NULL,
	"placement" text NOT NULL,
	"mails" integer NOT NULL,
	CONSTRAINT "placement_counts_sender_id_domain_placement_pk" PRIMARY KEY("sender_id","domain","placement")
);
--> statement-breakpoint
CREATE TABLE "sender_domains" (
	"domain" text PRIMARY KEY NOT NULL,
	"checked_at" timestamp (3) with time zone NOT NULL,
	"findings" jsonb NOT NULL,
	"fails" boolean NOT NULL
);
--> statement-breakpoint
CREATE TABLE "text_uses" (
	"account_id" bigint NOT NULL,
	"text_key" text NOT NULL,
	"uses" integer NOT NULL,
	CONSTRAINT "text_uses_account_id_text_key_pk" PRIMARY KEY("account_id","text_key")
);
--> statement-breakpoint
ALTER TABLE "account_counts" ADD COLUMN "bounced" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "account_counts" ADD COLUMN "marked_important" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "account_counts" ADD COLUMN "starred" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "account_counts" ADD COLUMN "moved_to_primary" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "account_counts" ADD COLUMN "bounced_to" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "account_counts" ADD COLUMN "rate_runs" jsonb DEFAULT '{}'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "accounts" ADD COLUMN "important_rate" double precision DEFAULT 0.3 NOT NULL;--> statement-breakpoint
ALTER TABLE "accounts" ADD COLUMN "star_rate" double precision DEFAULT 0.1 NOT NULL;--> statement-breakpoint
ALTER TABLE "accounts" ADD COLUMN "rescue_rate" double precision DEFAULT 1 NOT NULL;--> statement-breakpoint
ALTER TABLE "accounts" ADD COLUMN "primary_rate" double precision DEFAULT 0.8 NOT NULL;--> statement-breakpoint
ALTER TABLE "accounts" ADD COLUMN "ramp" text DEFAULT 'own' NOT NULL;--> statement-breakpoint
ALTER TABLE "accounts" ADD COLUMN "daily_variation" double precision DEFAULT 0.1 NOT NULL;--> statement-breakpoint
ALTER TABLE "accounts" ADD COLUMN "maintenance_volume" integer DEFAULT 20 NOT NULL;--> statement-breakpoint
ALTER TABLE "accounts" ADD COLUMN "send_days" integer[] DEFAULT '{1,2,3,4,5}' NOT NULL;--> statement-breakpoint
ALTER TABLE "accounts" ADD COLUMN "send_hours" text[] DEFAULT '{"09:00-18:00"}' NOT NULL;--> statement-breakpoint
ALTER TABLE "accounts" ADD COLUMN "holidays" text[] DEFAULT '{}' NOT NULL;--> statement-breakpoint
ALTER TABLE "accounts" ADD COLUMN "waking_hours" text[] DEFAULT '{"07:30-22:30"}' NOT NULL;--> statement-breakpoint
ALTER TABLE "accounts" ADD COLUMN "min_pause_minutes" integer DEFAULT 3 NOT NULL;--> statement-breakpoint
ALTER TABLE "accounts" ADD COLUMN "display_name" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "accounts" ADD COLUMN "signature" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "accounts" ADD COLUMN "health" text DEFAULT 'healthy' NOT NULL;--> statement-breakpoint
ALTER TABLE "accounts" ADD COLUMN "evidence_from" date;--> statement-breakpoint
ALTER TABLE "accounts" ADD COLUMN "rests_until" date;--> statement-breakpoint
ALTER TABLE "accounts" ADD COLUMN "zone_before" text;--> statement-breakpoint
ALTER TABLE "accounts" ADD COLUMN "zone_changed_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "accounts" ADD COLUMN "label_id" text;--> statement-breakpoint
ALTER TABLE "accounts" ADD COLUMN "label_name" text;--> statement-breakpoint
ALTER TABLE "accounts" ADD COLUMN "ring" integer GENERATED ALWAYS AS (hashint8(id)) STORED;--> statement-breakpoint
ALTER TABLE "messages" ADD COLUMN "labels_seen" text[];--> statement-breakpoint
ALTER TABLE "messages" ADD COLUMN "plan_facts" jsonb;--> statement-breakpoint
ALTER TABLE "messages" ADD COLUMN "decisions" jsonb;--> statement-breakpoint
ALTER TABLE "messages" ADD COLUMN "handled_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "messages" ADD COLUMN "bounce_status" text;--> statement-breakpoint
ALTER TABLE "messages" ADD COLUMN "bounce_words" text;--> statement-breakpoint
ALTER TABLE "account_days" ADD CONSTRAINT "account_days_account_id_accounts_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."accounts"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "placement_counts" ADD CONSTRAINT "placement_counts_sender_id_accounts_id_fk" FOREIGN KEY ("sender_id") REFERENCES "public"."accounts"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "text_uses" ADD CONSTRAINT "text_uses_account_id_accounts_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."accounts"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
DROP INDEX "events_planned";--> statement-breakpoint
CREATE INDEX "accounts_ring" ON "accounts" USING btree ("ring") WHERE "accounts"."kind" = 'pool' and "accounts"."status" = 'active';--> statement-breakpoint
INSERT INTO "engine_settings" ("id", "label_name", "leaves_inbox", "max_turns", "cool_down_days", "evidence_days",
  "watch_share", "throttle_share", "pause_share", "rest_days", "needs_authentication", "dkim_selectors")
VALUES (1, 'Warmup', false, 5, 3, 7, 0.15, 0.25, 0.4, 3, false, '{google}');--> statement-breakpoint
-- What there was no choice about stays as it was: the full limit after the ramp, the pause between two mails.
UPDATE "accounts" SET "maintenance_volume" = "daily_limit",
  "min_pause_minutes" = least(3, floor(270.0 / greatest("daily_limit", 1)));--> statement-breakpoint
UPDATE "account_counts" SET "rate_runs" = jsonb_build_object(
  'open', jsonb_build_object('asked', "open_asked", 'granted', "open_granted"),
  'reply', jsonb_build_object('asked', "reply_asked", 'granted', "reply_granted"));--> statement-breakpoint
ALTER TABLE "account_counts" DROP COLUMN "open_asked";--> statement-breakpoint
ALTER TABLE "account_counts" DROP COLUMN "open_granted";--> statement-breakpoint
ALTER TABLE "account_counts" DROP COLUMN "reply_asked";--> statement-breakpoint
ALTER TABLE "account_counts" DROP COLUMN "reply_granted";--> statement-breakpoint
-- The days of the last two months, as far as the mail tells of them.
INSERT INTO "account_days" ("account_id", "day", "sent", "replies")
SELECT a."id", (m."send_started_at" AT TIME ZONE a."time_zone")::date, count(*), count(*) FILTER (WHERE m."turn" > 1)
FROM "messages" m JOIN "accounts" a ON a."id" = m."sender_id"
WHERE m."send_started_at" > now() - interval '60 days' GROUP BY 1, 2;--> statement-breakpoint
INSERT INTO "account_days" ("account_id", "day", "inbox", "tabs", "spam", "missing")
SELECT a."id", (m."placed_at" AT TIME ZONE a."time_zone")::date,
  count(*) FILTER (WHERE m."placement" IN ('inbox', 'archive')),
  count(*) FILTER (WHERE m."placement" IN ('promotions', 'social', 'updates', 'forums')),
  count(*) FILTER (WHERE m."placement" = 'spam'), count(*) FILTER (WHERE m."placement" = 'missing')
FROM "messages" m JOIN "accounts" a ON a."id" = m."sender_id"
WHERE m."placed_at" > now() - interval '60 days' GROUP BY 1, 2
ON CONFLICT ("account_id", "day") DO UPDATE SET "inbox" = excluded."inbox", "tabs" = excluded."tabs",
  "spam" = excluded."spam", "missing" = excluded."missing";--> statement-breakpoint
INSERT INTO "account_days" ("account_id", "day", "warmup_day")
SELECT "id", "last_planned_on", "warmup_day" FROM "accounts" WHERE "last_planned_on" IS NOT NULL AND "warmup_day" > 0
ON CONFLICT ("account_id", "day") DO UPDATE SET "warmup_day" = excluded."warmup_day";--> statement-breakpoint
INSERT INTO "placement_counts" ("sender_id", "domain", "placement", "mails")
SELECT m."sender_id", lower(split_part(r."email", '@', 2)), m."placement", count(*)
FROM "messages" m JOIN "accounts" r ON r."id" = m."recipient_id"
WHERE m."placement" IS NOT NULL GROUP BY 1, 2, 3;--> statement-breakpoint
INSERT INTO "text_uses" ("account_id", "text_key", "uses")
SELECT "sender_id", "text_key", count(*) FROM "messages"
WHERE "turn" = 1 AND "state" <> 'cancelled' GROUP BY 1, 2;--> statement-breakpoint
-- Pool accounts are judged once a day too.
INSERT INTO "tasks" ("kind", "account_id", "due_at")
SELECT 'plan', "id", now() + random() * interval '1 day' FROM "accounts" WHERE "kind" = 'pool' AND "status" <> 'removed'
ON CONFLICT DO NOTHING;
