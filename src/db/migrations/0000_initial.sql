CREATE TABLE "account_counts" (
	"account_id" bigint PRIMARY KEY NOT NULL,
	"sent" integer DEFAULT 0 NOT NULL,
	"placed" integer DEFAULT 0 NOT NULL,
	"placed_spam" integer DEFAULT 0 NOT NULL,
	"missing" integer DEFAULT 0 NOT NULL,
	"received" integer DEFAULT 0 NOT NULL,
	"opened" integer DEFAULT 0 NOT NULL,
	"answered" integer DEFAULT 0 NOT NULL,
	"rescued" integer DEFAULT 0 NOT NULL,
	"open_asked" integer DEFAULT 0 NOT NULL,
	"open_granted" integer DEFAULT 0 NOT NULL,
	"reply_asked" integer DEFAULT 0 NOT NULL,
	"reply_granted" integer DEFAULT 0 NOT NULL
);
--> statement-breakpoint
CREATE TABLE "accounts" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "accounts_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"google_user_id" text NOT NULL,
	"email" text NOT NULL,
	"kind" text NOT NULL,
	"status" text DEFAULT 'active' NOT NULL,
	"last_error" text,
	"open_rate" double precision NOT NULL,
	"reply_rate" double precision NOT NULL,
	"daily_limit" integer NOT NULL,
	"start_volume" integer NOT NULL,
	"daily_increase" integer NOT NULL,
	"time_zone" text NOT NULL,
	"warmup_day" integer DEFAULT 0 NOT NULL,
	"last_planned_on" date,
	"oauth_token" text,
	"token_version" integer DEFAULT 1 NOT NULL,
	"refresh_owner" text,
	"refresh_until" timestamp (3) with time zone,
	"connected_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "accounts_google_user_id_unique" UNIQUE("google_user_id")
);
--> statement-breakpoint
CREATE TABLE "clock_anchors" (
	"id" integer PRIMARY KEY NOT NULL,
	"speed" integer NOT NULL,
	"wall" timestamp (3) with time zone NOT NULL,
	"warmup" timestamp (3) with time zone NOT NULL,
	"seen_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "events" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "events_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"at" timestamp (3) with time zone NOT NULL,
	"kind" text NOT NULL,
	"account_id" bigint,
	"message_id" bigint,
	"data" jsonb DEFAULT '{}'::jsonb NOT NULL
);
--> statement-breakpoint
CREATE TABLE "messages" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "messages_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"conversation_id" text NOT NULL,
	"text_key" text NOT NULL,
	"text_seed" integer NOT NULL,
	"turn" integer NOT NULL,
	"subject" text NOT NULL,
	"sender_id" bigint NOT NULL,
	"recipient_id" bigint NOT NULL,
	"in_reply_to" bigint,
	"state" text DEFAULT 'planned' NOT NULL,
	"failure" text,
	"planned_for" timestamp (3) with time zone NOT NULL,
	"rfc_message_id" text NOT NULL,
	"gmail_draft_id" text,
	"gmail_message_id" text,
	"gmail_thread_id" text,
	"send_started_at" timestamp (3) with time zone,
	"sent_at" timestamp (3) with time zone,
	"recipient_message_id" text,
	"recipient_thread_id" text,
	"placement" text,
	"placed_at" timestamp (3) with time zone,
	"opens" boolean,
	"replies" boolean,
	"rescued_at" timestamp (3) with time zone,
	"opened_at" timestamp (3) with time zone,
	CONSTRAINT "messages_one_per_turn" UNIQUE("conversation_id","turn")
);
--> statement-breakpoint
CREATE TABLE "oauth_states" (
	"state_hash" text PRIMARY KEY NOT NULL,
	"sealed" text NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "sessions" (
	"sid" text PRIMARY KEY NOT NULL,
	"sess" jsonb NOT NULL,
	"expire" timestamp (6) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "sign_in_links" (
	"token_hash" text PRIMARY KEY NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "tasks" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "tasks_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"kind" text NOT NULL,
	"account_id" bigint NOT NULL,
	"message_id" bigint,
	"due_at" timestamp (3) with time zone NOT NULL,
	"waiting_for" text,
	"looks" integer DEFAULT 0 NOT NULL,
	"errors" integer DEFAULT 0 NOT NULL,
	"handout" integer DEFAULT 0 NOT NULL,
	"started_by" text,
	"lease_until" timestamp (3) with time zone
);
--> statement-breakpoint
ALTER TABLE "account_counts" ADD CONSTRAINT "account_counts_account_id_accounts_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."accounts"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "events" ADD CONSTRAINT "events_account_id_accounts_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."accounts"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "events" ADD CONSTRAINT "events_message_id_messages_id_fk" FOREIGN KEY ("message_id") REFERENCES "public"."messages"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "messages" ADD CONSTRAINT "messages_sender_id_accounts_id_fk" FOREIGN KEY ("sender_id") REFERENCES "public"."accounts"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "messages" ADD CONSTRAINT "messages_recipient_id_accounts_id_fk" FOREIGN KEY ("recipient_id") REFERENCES "public"."accounts"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tasks" ADD CONSTRAINT "tasks_account_id_accounts_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."accounts"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tasks" ADD CONSTRAINT "tasks_message_id_messages_id_fk" FOREIGN KEY ("message_id") REFERENCES "public"."messages"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "accounts_email_key" ON "accounts" USING btree (lower("email"));--> statement-breakpoint
CREATE INDEX "events_account" ON "events" USING btree ("account_id","id");--> statement-breakpoint
CREATE INDEX "events_planned" ON "events" USING btree ("at") WHERE "events"."kind" = 'planned';--> statement-breakpoint
CREATE UNIQUE INDEX "messages_one_reply" ON "messages" USING btree ("in_reply_to") WHERE "messages"."in_reply_to" is not null;--> statement-breakpoint
CREATE INDEX "messages_sender_started" ON "messages" USING btree ("sender_id","send_started_at");--> statement-breakpoint
CREATE INDEX "messages_sender" ON "messages" USING btree ("sender_id","id");--> statement-breakpoint
CREATE INDEX "messages_recipient" ON "messages" USING btree ("recipient_id","id");--> statement-breakpoint
CREATE INDEX "messages_waiting" ON "messages" USING btree ("sender_id") WHERE "messages"."state" = 'planned';--> statement-breakpoint
CREATE INDEX "messages_unknown" ON "messages" USING btree ("id") WHERE "messages"."state" = 'unknown';--> statement-breakpoint
CREATE INDEX "messages_expected" ON "messages" USING btree ("recipient_id","planned_for") WHERE "messages"."state" <> 'cancelled';--> statement-breakpoint
CREATE INDEX "sessions_expire" ON "sessions" USING btree ("expire");--> statement-breakpoint
CREATE INDEX "tasks_due" ON "tasks" USING btree ("due_at");--> statement-breakpoint
CREATE INDEX "tasks_leased" ON "tasks" USING btree ("account_id") WHERE "tasks"."lease_until" is not null;--> statement-breakpoint
CREATE INDEX "tasks_account" ON "tasks" USING btree ("account_id","due_at");--> statement-breakpoint
CREATE UNIQUE INDEX "tasks_one_per_message" ON "tasks" USING btree ("kind","message_id") WHERE "tasks"."message_id" is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "tasks_one_per_account" ON "tasks" USING btree ("kind","account_id") WHERE "tasks"."message_id" is null;