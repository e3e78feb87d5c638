ALTER TABLE "account_counts" ADD COLUMN "begun" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "messages" ADD COLUMN "looked_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "messages" ADD COLUMN "look_saw" text;--> statement-breakpoint
ALTER TABLE "messages" ADD COLUMN "look_failure" text;--> statement-breakpoint
ALTER TABLE "messages" ADD COLUMN "resend_wished_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "messages" ADD COLUMN "open_failure" text;--> statement-breakpoint
CREATE INDEX "messages_failed" ON "messages" USING btree ("id") WHERE "messages"."state" = 'failed' or "messages"."open_failure" is not null;--> statement-breakpoint
CREATE INDEX "tasks_troubled" ON "tasks" USING btree ("errors") WHERE "tasks"."errors" > 0;