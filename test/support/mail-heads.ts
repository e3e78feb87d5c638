import type { MailClass, MailFacts } from '../../src/domain/mail-class.ts'

export type MailHead = {
  /** What it is, to a person. */
  what: string
  class: MailClass
  /** The rule that says so. */
  rule: string | null
  head: string
  is?: Partial<Pick<MailFacts, 'isWarmup' | 'isAboutWarmup' | 'labels'>>
}

const ABOUT = { isAboutWarmup: true }

/** Heads as the programs that are named write them; addresses and ids are made up. */
export const MAIL_HEADS: MailHead[] = [
  {
    what: 'a warmup mail, whatever else it says of itself',
    class: 'warmup',
    rule: 'a warmup mail of ours',
    is: { isWarmup: true },
    head: `From: Ben <ben@example.com>
Subject: Automatic reply: Lunch
Auto-Submitted: auto-replied
List-Unsubscribe: <mailto:leave@example.com>`,
  },
  {
    what: 'Gmail’s notice of a mail that failed, which calls itself an automatic reply',
    class: 'bounce',
    rule: 'a delivery status notification (RFC 3464)',
    is: ABOUT,
    head: `Return-Path: <>
From: Mail Delivery Subsystem <mailer-daemon@googlemail.com>
To: anna@example.com
Auto-Submitted: auto-replied
Subject: Delivery Status Notification (Failure)
References: <1@example.com>
In-Reply-To: <1@example.com>
X-Failed-Recipients: nobody@example.org
Content-Type: multipart/report; boundary="000000000000a1b2c3"; report-type=delivery-status`,
  },
  {
    what: 'Postfix’s notice',
    class: 'bounce',
    rule: 'a delivery status notification (RFC 3464)',
    head: `Return-Path: <>
From: MAILER-DAEMON@mail.example.org (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
	boundary="4F1C2.1772431200/mail.example.org"`,
  },
  {
    what: 'Exchange Online’s notice, folded, in German',
    class: 'bounce',
    rule: 'a delivery status notification (RFC 3464)',
    head: `From: <postmaster@example.onmicrosoft.com>
Subject: Unzustellbar: Hallo
X-MS-Exchange-Message-Is-Ndr:
Content-Type: multipart/report;
	boundary="_000_AM0PR01MB";
	report-type = "delivery-status"`,
  },
  {
    what: 'Exim’s notice, which is plain text',
    class: 'bounce',
    rule: 'it names recipients that failed',
    head: `From: Mail Delivery System <Mailer-Daemon@mx.example.net>
X-Failed-Recipients: nobody@example.net
Auto-Submitted: auto-replied
Subject: Mail delivery failed: returning message to sender
Content-Type: text/plain`,
  },
  {
    what: 'qmail’s notice',
    class: 'bounce',
    rule: 'a notice of a mail server, by its subject',
    head: `From: MAILER-DAEMON@qmail.example.net
Subject: failure notice`,
  },
  {
    what: 'an old Exchange’s notice',
    class: 'bounce',
    rule: 'a notice of a mail server, by its subject',
    is: ABOUT,
    head: `From: Microsoft Outlook <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@example.com>
Subject: Undeliverable: Hello
In-Reply-To: <1@example.com>`,
  },
  {
    what: 'a mail server’s notice in another language',
    class: 'bounce',
    rule: 'a notice of a mail server, which nobody may answer (RFC 5321, 4.5.5)',
    head: `Return-Path: <>
From: Mailer-Daemon@example.it
Subject: Mancato recapito`,
  },
  {
    what: 'Gmail’s vacation responder',
    class: 'auto_reply',
    rule: 'an automatic reply (RFC 3834)',
    is: ABOUT,
    head: `From: Ben <ben@gmail.com>
Subject: Away until Monday Re: Hello
Auto-Submitted: auto-replied
Precedence: bulk
X-Autoreply: yes
In-Reply-To: <1@example.com>`,
  },
  {
    what: 'Dovecot’s vacation responder (RFC 5230)',
    class: 'auto_reply',
    rule: 'an automatic reply (RFC 3834)',
    head: `Return-Path: <>
From: ben@example.com
Subject: Auto: Hello
Auto-Submitted: auto-replied (vacation)
Precedence: bulk`,
  },
  {
    what: 'Exchange Online’s automatic reply, in German',
    class: 'auto_reply',
    rule: 'an automatic reply of Exchange',
    head: `From: Ben <ben@example.com>
Subject: Automatische Antwort: Hallo
In-Reply-To: <1@example.com>
References: <1@example.com>
X-Auto-Response-Suppress: All
auto-submitted: auto-generated`,
  },
  {
    what: 'an old Exchange’s automatic reply',
    class: 'auto_reply',
    rule: 'an automatic reply of Exchange, by its subject',
    head: `From: Ben <ben@example.com>
Subject: Out of Office AutoReply: Hello
X-Auto-Response-Suppress: DR, OOF, AutoReply`,
  },
  {
    what: 'a reply that says that it came by itself',
    class: 'auto_reply',
    rule: 'it says that it replies by itself',
    head: `From: ben@example.com
Subject: Thank you for your mail
X-Autoreply: yes`,
  },
  {
    what: 'cPanel’s autoresponder',
    class: 'auto_reply',
    rule: 'it says that it responds by itself',
    head: `From: ben@example.com
Subject: Away
X-Autorespond: Hello`,
  },
  {
    what: 'an autoresponder with a precedence of its own',
    class: 'auto_reply',
    rule: 'precedence auto_reply',
    head: `From: ben@example.com
Subject: Away
Precedence: auto_reply`,
  },
  {
    what: 'Outlook’s receipt that a mail was read',
    class: 'auto_reply',
    rule: 'a receipt that says what became of a mail (RFC 8098)',
    is: ABOUT,
    head: `From: Ben <ben@example.com>
Subject: Read: Hello
In-Reply-To: <1@example.com>
Content-Type: multipart/report; report-type=disposition-notification; boundary="_000_"`,
  },
  {
    what: 'a ticket system that has taken a mail of ours',
    class: 'auto_reply',
    rule: 'a program’s answer to a mail of ours (RFC 3834)',
    is: ABOUT,
    head: `From: Support <support@example.com>
Subject: [#1234] We have received your request
Auto-Submitted: auto-generated
In-Reply-To: <1@example.com>`,
  },
  {
    what: 'the vacation program of a Unix before RFC 3834',
    class: 'auto_reply',
    rule: 'an answer to a mail of ours with a precedence, as old programs give it',
    is: ABOUT,
    head: `From: ben@example.com
Subject: away from my mail
Precedence: bulk`,
  },
  {
    what: 'an answer with an empty return path',
    class: 'auto_reply',
    rule: 'an answer to a mail of ours which nobody may answer',
    is: ABOUT,
    head: `Return-Path: <>
From: ben@example.com
Subject: Re: Hello`,
  },
  {
    what: 'a person’s answer to a warmup mail',
    class: 'reply',
    rule: 'it came to a mail of ours',
    is: ABOUT,
    head: `Return-Path: <ben@example.com>
From: Ben <ben@example.com>
Subject: Re: Hello
In-Reply-To: <1@example.com>`,
  },
  {
    what: 'a bare calendar object',
    class: 'calendar',
    rule: 'a calendar’s invitation or answer (RFC 5546)',
    head: `From: ben@example.com
Subject: Lunch
Content-Type: text/calendar; charset=utf-8; method=REQUEST`,
  },
  {
    what: 'Google Calendar’s invitation in a person’s name',
    class: 'calendar',
    rule: 'sent by Google Calendar',
    head: `Reply-To: Carl <carl@gmail.com>
Sender: Google Calendar <calendar-notification@google.com>
Auto-Submitted: auto-generated
Message-ID: <calendar-1b2c3d4e-5f60@google.com>
Subject: Einladung: Mittagessen - Mo 2. März 2026 12:00
From: Carl <carl@gmail.com>
Content-Type: multipart/mixed; boundary="0000000000001"`,
  },
  {
    what: 'Google Calendar’s reminder',
    class: 'calendar',
    rule: 'a notice of Google Calendar',
    head: `From: Google Calendar <calendar-notification@google.com>
Subject: Notification: Lunch @ Mon Mar 2, 2026`,
  },
  {
    what: 'Exchange’s invitation',
    class: 'calendar',
    rule: 'an invitation or its answer of Exchange',
    head: `From: Carl <carl@example.com>
Subject: Lunch
Content-Class: urn:content-classes:calendarmessage
Content-Type: multipart/alternative; boundary="_000_"`,
  },
  {
    what: 'Exchange Online’s invitation',
    class: 'calendar',
    rule: 'an invitation of Exchange Online',
    head: `From: Carl <carl@example.com>
Subject: Lunch
X-MS-Exchange-Calendar-Originator-Id: ABCDEF0123
Content-Type: multipart/alternative; boundary="_000_"`,
  },
  {
    what: 'an answer to an invitation, by nothing but its subject',
    class: 'calendar',
    rule: 'an invitation or its answer, by its subject',
    head: `From: Carl <carl@gmail.com>
Subject: Accepted: Lunch @ Mon Mar 2, 2026 12pm - 1pm (CET) (anna@example.com)`,
  },
  {
    what: 'Google’s security alert',
    class: 'security',
    rule: 'a security notice of Google',
    head: `From: Google <no-reply@accounts.google.com>
Subject: Sicherheitswarnung
Feedback-ID: 91:account-notifier`,
  },
  {
    what: 'a notice of the alert center',
    class: 'security',
    rule: 'a notice of Google Workspace’s alert center, or of a forwarding',
    head: `From: Google Workspace Alerts <google-workspace-alerts-noreply@google.com>
Subject: Alert: Suspicious programmatic login`,
  },
  {
    what: 'Gmail’s question whether mail may be forwarded',
    class: 'security',
    rule: 'a notice of Google Workspace’s alert center, or of a forwarding',
    head: `From: Gmail Team <forwarding-noreply@google.com>
Subject: (#123456789) Gmail Forwarding Confirmation - Receive Mail from carl@gmail.com`,
  },
  {
    what: 'a security notice of somebody else',
    class: 'security',
    rule: 'a security notice, by its subject',
    head: `From: Shop <no-reply@shop.example>
Subject: Your verification code is 123456`,
  },
  {
    what: 'a newsletter about security',
    class: 'newsletter',
    rule: 'a mailing list (RFC 2369)',
    head: `From: Blog <news@blog.example>
Subject: Two-factor for beginners
List-Unsubscribe: <https://blog.example/leave>, <mailto:leave@blog.example>
List-Unsubscribe-Post: List-Unsubscribe=One-Click`,
  },
  {
    what: 'GitHub’s notification, which suppresses automatic replies',
    class: 'newsletter',
    rule: 'a mailing list (RFC 2369)',
    head: `From: Carl <notifications@github.com>
Subject: Re: [owner/project] A bug (#7)
In-Reply-To: <owner/project/issues/7@github.com>
List-ID: owner/project <project.owner.github.com>
List-Unsubscribe: <https://github.com/notifications/unsubscribe-auth/A>
Precedence: list
X-Auto-Response-Suppress: All`,
  },
  {
    what: 'a list with nothing but the one click',
    class: 'newsletter',
    rule: 'a mailing list with one-click unsubscription (RFC 8058)',
    head: `From: news@blog.example
Subject: News
List-Unsubscribe-Post: List-Unsubscribe=One-Click`,
  },
  {
    what: 'a discussion list',
    class: 'newsletter',
    rule: 'a mailing list (RFC 2919)',
    head: `From: Carl <carl@example.com>
Subject: Re: [list] Patches
In-Reply-To: <2@example.com>
List-Id: Patches <patches.lists.example.org>`,
  },
  {
    what: 'bulk mail of a program',
    class: 'newsletter',
    rule: 'bulk mail',
    head: `From: jira@example.com
Subject: [JIRA] (KEY-1) Done
Auto-Submitted: auto-generated
Precedence: bulk
In-Reply-To: <3@example.com>`,
  },
  {
    what: 'advertising, as Gmail sees it',
    class: 'newsletter',
    rule: 'what Gmail files under Promotions',
    is: { labels: ['INBOX', 'CATEGORY_PROMOTIONS'] },
    head: `From: shop@shop.example
Subject: Half price`,
  },
  {
    what: 'an answer to a mail of the account’s owner',
    class: 'reply',
    rule: 'an answer',
    head: `From: Carl <carl@example.com>
Subject: Re: Your verification code
In-Reply-To: <4@example.com>
Auto-Submitted: no`,
  },
  {
    what: 'a program’s notice in a thread',
    class: 'other',
    rule: null,
    head: `From: ci@example.com
Subject: Build 7 failed
In-Reply-To: <5@example.com>
Auto-Submitted: auto-generated`,
  },
  {
    what: 'a sieve’s notification (RFC 5436)',
    class: 'other',
    rule: null,
    head: `From: ben@example.com
Subject: New mail
Auto-Submitted: auto-notified; owner-email="ben@example.com"`,
  },
  {
    what: 'a person’s mail',
    class: 'other',
    rule: null,
    head: `From: Carl <carl@example.com>
Subject: Returned mail and other postmaster stories
Content-Type: multipart/alternative; boundary="0000"`,
  },
  {
    what: 'somebody who only says that he is Google, or a mail server',
    class: 'other',
    rule: null,
    head: `From: "no-reply@accounts.google.com" <evil@accounts.google.com.example>
Subject: Undeliverable`,
  },
]

/** As the adapter of Gmail reads it: names in small letters, values unfolded or not. */
export function factsOf({ head, is = {} }: Pick<MailHead, 'head' | 'is'>): MailFacts {
  const headers = new Map<string, string>()
  for (const line of head.split(/\n(?![ \t])/)) {
    const [, name = '', value = ''] = line.match(/^([^:]+): ?(.*)$/s) ?? []
    headers.set(name.toLowerCase(), value)
  }
  return {
    isWarmup: false,
    isAboutWarmup: false,
    from: headers.get('from') ?? '',
    subject: headers.get('subject') ?? '',
    labels: ['INBOX'],
    headers,
    ...is,
  }
}
