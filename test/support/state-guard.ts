import type { Database } from '../../src/db/connection.ts'
import { sql } from '../../src/db/drizzle.ts'
import { MESSAGE_TRANSITIONS, TASK_TRANSITIONS } from '../../src/domain/transitions.ts'

/**
 * Has Postgres refuse every change of state that the domain does not name: so each test that runs real work shows that no
 * other one happens. Production needs no such triggers.
 */
export async function guardStates(db: Database): Promise<void> {
  await db.execute(
    sql.raw(`
    create function guard_message() returns trigger language plpgsql as $$ begin
      if old.state <> new.state and (old.state, new.state) not in (${pairs(MESSAGE_TRANSITIONS)}) then
        raise exception 'message %: no way leads from % to %', old.id, old.state, new.state;
      end if;
      return new;
    end $$;
    create trigger guard_message before update of state on messages
      for each row execute function guard_message();

    create function state_of(task tasks) returns text language sql immutable as $$
      select case when task.lease_until is null then 'waiting'
        when task.started_by is null then 'handed out' else 'running' end $$;
    create function guard_task() returns trigger language plpgsql as $$
      declare
        before text := state_of(old);
        after text := case tg_op when 'DELETE' then 'gone' else state_of(new) end;
      begin
        if before <> after and (before, after) not in (${pairs(TASK_TRANSITIONS)}) then
          raise exception 'task %: no way leads from % to %', old.id, before, after;
        end if;
        return null;
      end $$;
    create trigger guard_task after update or delete on tasks for each row execute function guard_task();`),
  )
}

function pairs(transitions: readonly { from: string; to: string }[]): string {
  return transitions.map(({ from, to }) => `('${from}', '${to}')`).join(', ')
}

/** For a test that writes a history that nothing led to. */
export async function liftGuard(db: Database): Promise<void> {
  await db.execute(sql`alter table messages disable trigger guard_message`)
}
