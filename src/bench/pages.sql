-- What a busy instance holds: 2,000 accounts, 500,000 messages over 20 days, their events, counts and tasks.
-- Deterministic but for the time: the newest mails are of the last minutes, and 8,000 are planned for the coming hours.

-- Autovacuum waits until a fifth of a table is new, and plans get worse on the way there: here it never comes.
alter table messages set (autovacuum_enabled = off);
alter table events set (autovacuum_enabled = off);

-- Foreign keys are checked row by row, which takes longer than everything else here.
set session_replication_role = replica;

insert into accounts (google_user_id, email, kind, status, last_error, open_rate, reply_rate, daily_limit, start_volume,
  daily_increase, holidays, time_zone, warmup_day, last_planned_on, oauth_token, connected_at)
select
  'bench-' || n,
  format('%s.%s%s@%s.example',
    (array['anna', 'ben', 'cara', 'dmitri', 'elif', 'femi', 'greta', 'hiro', 'ines', 'jonas', 'kofi', 'lena', 'maria',
      'noor', 'oscar', 'priya', 'quentin', 'rosa', 'sofia', 'tom'])[1 + n % 20],
    (array['keller', 'fisher', 'rossi', 'berg', 'lopez', 'novak', 'okafor'])[1 + n % 7],
    n,
    (array['northwind', 'bluebird', 'papermill'])[1 + n % 3]),
  case n % 2 when 1 then 'warmup' else 'pool' end,
  case when n % 200 = 0 then 'removed' when n % 50 = 3 then 'needs_reauth' when n % 25 = 4 then 'paused' else 'active' end,
  case when n % 50 = 3 then 'Google refused the token: invalid_grant' end,
  -- Hardly any two are alike in their ramp, so that the forecast has to look at each.
  0.8, 0.55, 30 + n % 41, 5, 1 + n % 3, case when n % 5 = 0 then array['2026-12-24..2027-01-02'] else '{}' end,
  (array['UTC', 'Europe/Berlin', 'Europe/London', 'Europe/Lisbon', 'Europe/Istanbul', 'America/New_York',
    'America/Chicago', 'America/Denver', 'America/Los_Angeles', 'America/Sao_Paulo', 'Asia/Kolkata', 'Asia/Tokyo',
    'Asia/Singapore', 'Asia/Dubai', 'Africa/Lagos', 'Australia/Sydney', 'Pacific/Auckland',
    'Pacific/Honolulu'])[1 + n % 18],
  1 + n % 53, current_date, repeat('t', 700), now() - interval '30 days'
from generate_series(1, 2000) n;

-- Conversations of four turns between a warmup account (odd ids) and a pool account (even ids). Every twentieth is with
-- account 2. Every eighth of the first ten days is with account 6, which has been silent since.
insert into messages (conversation_id, text_key, text_seed, turn, subject, sender_id, recipient_id, in_reply_to, state,
  failure, planned_for, rfc_message_id, gmail_draft_id, gmail_message_id, gmail_thread_id, send_started_at, sent_at,
  recipient_message_id, recipient_thread_id, placement, placed_at, opens, replies, rescued_at, opened_at)
select
  md5('conversation ' || conversation)::uuid, 'bench', conversation, turn,
  case turn when 1 then '' else 'Re: ' end || 'Notes from the meeting ' || conversation,
  case turn % 2 when 1 then warmup else pool end,
  case turn % 2 when 1 then pool else warmup end,
  case when turn > 1 then n - 1 end,
  state,
  case state when 'failed' then 'Gmail refused it: invalid recipient' when 'unknown' then 'no answer within 20 s' end,
  at, format('<%s@bench.example>', md5('message ' || n)::uuid),
  'r' || n,
  case when is_sent then md5('sender’s ' || n) end,
  case when is_sent then md5('sender’s ' || conversation) end,
  case when is_sent or state = 'unknown' then at end,
  case when is_sent then at + interval '2 seconds' end,
  case when is_found then md5('recipient’s ' || n) end,
  case when is_found then md5('recipient’s ' || conversation) end,
  case when is_found then case when n % 10 = 3 then 'spam' when n % 10 = 4 then 'promotions' else 'inbox' end end,
  case when is_found then at + interval '10 minutes' end,
  case when is_found then n % 5 > 0 end,
  case when is_found then turn < 4 end,
  case when is_found and n % 10 = 3 then at + interval '11 minutes' end,
  case when is_found and n % 5 > 0 then at + interval '12 minutes' end
from (
  select *, state = 'sent' as is_sent, state = 'sent' and n <= 490000 as is_found
  from (
    select
      n, (n - 1) / 4 as conversation, (n - 1) % 4 + 1 as turn,
      1 + 2 * abs(hashint4((n - 1) / 4) % 1000) as warmup,
      case
        when (n - 1) / 4 % 20 = 0 then 2
        when (n - 1) / 4 % 8 = 1 and n <= 246000 then 6
        else 2 + 2 * (7 + abs(hashint4(-((n - 1) / 4)) % 993))
      end as pool,
      date_trunc('milliseconds', now() + (n - 492000) *
        case when n > 492000 then interval '3 seconds' else interval '20 days' / 492000 end) as at,
      case when n > 492000 then 'planned' when n % 5000 = 0 then 'unknown' when n % 1000 = 1 then 'failed'
        when n % 1000 = 2 then 'cancelled' else 'sent' end as state
    from generate_series(1, 500000) n
  ) numbered
) mail
order by n;

insert into tasks (kind, account_id, message_id, due_at, waiting_for)
select 'plan', id, null::bigint, now() + interval '8 hours', 'the next working day' from accounts
where kind = 'warmup' and status <> 'removed'
union all
select case turn when 1 then 'send' else 'reply' end, sender_id, id, planned_for, null from messages
where state = 'planned'
union all
select 'open', recipient_id, id, sent_at + interval '10 minutes', 'not arrived' from messages
where state = 'sent' and placement is null;

insert into events (at, kind, account_id, message_id, data)
select at, kind, account_id, message_id, data
from (
  select connected_at as at, 'connected' as kind, id as account_id, null::bigint as message_id, '{}'::jsonb as data
  from accounts
  union all
  select now() - interval '8 hours' - days * interval '1 day', 'planned', id, null, jsonb_build_object(
    'day', (now() - interval '8 hours' - days * interval '1 day')::date, 'warmupDay', 20 - days, 'mails', 25,
    'shortOf', case when id % 100 = 1 then 3 else 0 end)
  from accounts, generate_series(0, 19) days where kind = 'warmup'
  union all
  select sent_at, 'sent', sender_id, id, '{}' from messages where sent_at is not null
  union all
  select planned_for, case state when 'failed' then 'send_failed' else 'send_unknown' end, sender_id, id,
    jsonb_build_object('reason', failure)
  from messages where state in ('failed', 'unknown')
  union all
  select placed_at, 'delivered', recipient_id, id, jsonb_build_object('placement', placement)
  from messages where placed_at is not null
  union all
  select rescued_at, 'rescued', recipient_id, id, '{}' from messages where rescued_at is not null
  union all
  select coalesce(opened_at, placed_at), case when opens then 'opened' else 'left_unread' end, recipient_id, id, '{}'
  from messages where placed_at is not null
) happened
order by at;

insert into account_days (account_id, day, warmup_day, volume, planned, health, sent, replies, inbox, tabs, spam)
select sender_id, sent_at::date, 1, count(*), count(*), 'healthy', count(*), count(*) filter (where turn > 1),
  count(*) filter (where placement = 'inbox'), count(*) filter (where placement = 'promotions'),
  count(*) filter (where placement = 'spam')
from messages where sent_at is not null
group by sender_id, sent_at::date;

insert into placement_counts (sender_id, domain, placement, mails)
select m.sender_id, split_part(a.email, '@', 2), m.placement, count(*)
from messages m join accounts a on a.id = m.recipient_id
where m.placement is not null
group by 1, 2, 3;

insert into account_counts (account_id, sent, placed, placed_spam, received, opened, answered, rescued, rate_runs)
select
  a.id, coalesce(s.sent, 0), coalesce(s.placed, 0), coalesce(s.spam, 0), coalesce(r.received, 0), coalesce(r.opened, 0),
  coalesce(r.answered, 0), coalesce(r.rescued, 0),
  json_build_object('open', json_build_object('asked', coalesce(r.received, 0), 'granted', coalesce(r.opened, 0)),
    'reply', json_build_object('asked', coalesce(r.opened, 0), 'granted', coalesce(r.answered, 0)))
from accounts a
left join (
  select sender_id, count(sent_at) as sent, count(placed_at) as placed,
    count(*) filter (where placement = 'spam') as spam
  from messages group by sender_id
) s on s.sender_id = a.id
left join (
  select recipient_id, count(placed_at) as received, count(opened_at) as opened,
    count(*) filter (where opens and replies) as answered, count(rescued_at) as rescued
  from messages group by recipient_id
) r on r.recipient_id = a.id;

-- What came into the mailboxes: 300,000 mails, a tenth of them account 2's. A third goes to a route; of that, every 20th
-- waits and every 50th was given up.
insert into mailboxes (account_id, fetched_at) select id, now() from accounts where status <> 'removed';

insert into email_messages (account_id, gmail_id, thread_id, rfc_message_id, sender, recipients, subject, snippet, label_ids,
  size, received_at, processed_at, class, rule)
select
  case n % 10 when 0 then 2 else 1 + n % 2000 end,
  md5('incoming ' || n), md5('incoming ' || n / 3), format('<%s@elsewhere.example>', n),
  format('%s <%s@elsewhere.example>', (array['Sofia', 'Tom', 'News', 'Shop'])[1 + n % 4], n % 5000), array['someone@northwind.example'],
  'What came in as number ' || n, repeat('How a mail begins. ', 8), array['INBOX', 'UNREAD', 'CATEGORY_UPDATES'], 20000,
  now() - (300000 - n) * interval '20 seconds', now() - (300000 - n) * interval '20 seconds' + interval '3 minutes',
  (array['newsletter', 'reply', 'other'])[1 + n % 3], case n % 3 when 0 then 'a mailing list (RFC 2369)' end
from generate_series(1, 300000) n
order by n;

insert into mail_routes (name, class, target, destination, created_at) values
  ('CRM', 'reply', 'queue', 'crm', now()), ('Tell me', 'security', 'mail', 'me@northwind.example', now());

insert into handoffs (route_id, account_id, email_message_id, state, tries, failure, created_at, ended_at)
select 1, account_id, id,
  case when id % 50 = 0 then 'dead' when id % 20 = 0 then 'waiting' else 'handed' end,
  case when id % 50 = 0 then 40 else 1 end, case when id % 50 = 0 then 'no answer' end, processed_at, now()
from email_messages where class = 'reply';

reset session_replication_role;

-- An incident for each account that waits for its owner, and 5,000 that are over; each was told to one webhook.
insert into incidents (kind, subject, account_id, failure, words, opened_at, closed_at)
select 'needs_reauth', 'account:' || id, id, 'grant_revoked', last_error, now() - interval '2 hours', null
from accounts where status = 'needs_reauth'
union all
select 'needs_reauth', 'account:' || 1 + n % 2000, 1 + n % 2000, 'grant_expired', 'invalid_grant: Token has been expired or revoked.',
  now() - n * interval '1 hour', now() - n * interval '1 hour' + interval '20 minutes'
from generate_series(1, 5000) n;
