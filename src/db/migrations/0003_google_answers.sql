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
CREATE INDEX "gmail_quota_whole" ON "gmail_quota" USING btree ("whole_at");--> statement-breakpoint
CREATE INDEX "incidents_subject" ON "incidents" USING btree ("subject","id");