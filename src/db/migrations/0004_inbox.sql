LOCK TABLE "accounts", "messages", "tasks", "engine_settings" IN ACCESS EXCLUSIVE MODE;--> statement-breakpoint
CREATE TABLE "email_bodies" (
	"key" text PRIMARY KEY NOT NULL,
	"email_message_id" bigint NOT NULL,
	"sealed" text NOT NULL,
	CONSTRAINT "email_bodies_email_message_id_unique" UNIQUE("email_message_id")
);
--> statement-breakpoint
CREATE TABLE "email_messages" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "email_messages_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"account_id" bigint NOT NULL,
	"gmail_id" text NOT NULL,
	"thread_id" text NOT NULL,
	"rfc_message_id" text,
	"sender" text NOT NULL,
	"recipients" text[] NOT NULL,
	"subject" text NOT NULL,
	"snippet" text NOT NULL,
	"label_ids" text[] NOT NULL,
	"size" integer NOT NULL,
	"received_at" timestamp (3) with time zone NOT NULL,
	"processed_at" timestamp (3) with time zone NOT NULL,
	"class" text NOT NULL,
	"rule" text,
	CONSTRAINT "email_messages_once" UNIQUE("account_id","gmail_id")
);
--> statement-breakpoint
CREATE TABLE "handoffs" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "handoffs_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"route_id" bigint NOT NULL,
	"account_id" bigint NOT NULL,
	"email_message_id" bigint NOT NULL,
	"state" text DEFAULT 'waiting' NOT NULL,
	"tries" integer DEFAULT 0 NOT NULL,
	"not_before" timestamp (3) with time zone,
	"failure" text,
	"created_at" timestamp (3) with time zone NOT NULL,
	"ended_at" timestamp (3) with time zone,
	CONSTRAINT "handoffs_once" UNIQUE("email_message_id","route_id")
);
--> statement-breakpoint
CREATE TABLE "mail_routes" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "mail_routes_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"name" text NOT NULL,
	"account_id" bigint,
	"class" text,
	"sender" text DEFAULT '' NOT NULL,
	"subject" text DEFAULT '' NOT NULL,
	"label" text DEFAULT '' NOT NULL,
	"target" text NOT NULL,
	"destination" text NOT NULL,
	"sealed" text,
	"created_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "mail_routes_name_unique" UNIQUE("name")
);
--> statement-breakpoint
CREATE TABLE "mailboxes" (
	"account_id" bigint PRIMARY KEY NOT NULL,
	"every_minutes" integer DEFAULT 5,
	"filter" text DEFAULT '' NOT NULL,
	"keeps_bodies" boolean DEFAULT false NOT NULL,
	"history_id" text,
	"fetched_at" timestamp (3) with time zone NOT NULL,
	"notified_id" text,
	"watch_again_at" timestamp (3) with time zone
);
--> statement-breakpoint
ALTER TABLE "engine_settings" ADD COLUMN "keep_inbox_days" integer DEFAULT 90 NOT NULL;--> statement-breakpoint
ALTER TABLE "email_bodies" ADD CONSTRAINT "email_bodies_email_message_id_email_messages_id_fk" FOREIGN KEY ("email_message_id") REFERENCES "public"."email_messages"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "email_messages" ADD CONSTRAINT "email_messages_account_id_accounts_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."accounts"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "handoffs" ADD CONSTRAINT "handoffs_route_id_mail_routes_id_fk" FOREIGN KEY ("route_id") REFERENCES "public"."mail_routes"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "handoffs" ADD CONSTRAINT "handoffs_account_id_accounts_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."accounts"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "handoffs" ADD CONSTRAINT "handoffs_email_message_id_email_messages_id_fk" FOREIGN KEY ("email_message_id") REFERENCES "public"."email_messages"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "mail_routes" ADD CONSTRAINT "mail_routes_account_id_accounts_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."accounts"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "mailboxes" ADD CONSTRAINT "mailboxes_account_id_accounts_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."accounts"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "email_messages_account" ON "email_messages" USING btree ("account_id","id");--> statement-breakpoint
CREATE INDEX "email_messages_class" ON "email_messages" USING btree ("account_id","class","id");--> statement-breakpoint
CREATE INDEX "handoffs_waiting" ON "handoffs" USING btree ("account_id","route_id","id") WHERE "handoffs"."state" = 'waiting';--> statement-breakpoint
CREATE INDEX "handoffs_dead" ON "handoffs" USING btree ("id") WHERE "handoffs"."state" = 'dead';--> statement-breakpoint
CREATE INDEX "handoffs_route" ON "handoffs" USING btree ("route_id","id");--> statement-breakpoint
CREATE INDEX "messages_rfc" ON "messages" USING btree ("rfc_message_id");--> statement-breakpoint
INSERT INTO "mailboxes" ("account_id", "fetched_at") SELECT "id", now() FROM "accounts" WHERE "status" <> 'removed';--> statement-breakpoint
INSERT INTO "tasks" ("kind", "account_id", "due_at") SELECT 'sync', "account_id", now() + "account_id" % 300 * interval '1 second' FROM "mailboxes";
