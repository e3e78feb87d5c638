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
ALTER TABLE "account_counts" ADD COLUMN "begun" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "messages" ADD COLUMN "looked_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "messages" ADD COLUMN "look_saw" text;--> statement-breakpoint
ALTER TABLE "messages" ADD COLUMN "look_failure" text;--> statement-breakpoint
ALTER TABLE "messages" ADD COLUMN "resend_wished_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "messages" ADD COLUMN "open_failure" text;--> statement-breakpoint
CREATE INDEX "gmail_quota_whole" ON "gmail_quota" USING btree ("whole_at");--> statement-breakpoint
CREATE INDEX "incidents_subject" ON "incidents" USING btree ("subject","id");--> statement-breakpoint
CREATE INDEX "messages_failed" ON "messages" USING btree ("id") WHERE "messages"."state" = 'failed' or "messages"."open_failure" is not null;--> statement-breakpoint
CREATE INDEX "tasks_troubled" ON "tasks" USING btree ("errors") WHERE "tasks"."errors" > 0;