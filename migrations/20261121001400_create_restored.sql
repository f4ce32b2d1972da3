create table restored (
    id bigint generated always as identity primary key,
    restored_by text not null default payrun_actor(),
    restored_at timestamptz not null default clock_timestamp()
);

comment on table restored is 'Each time that payrun was told that this database came from a backup. What was imported before and is not approved yet may have been approved, sent and paid since the backup: approved here, it is looked up before it is sent.';

create trigger restored_is_append_only before update or delete or truncate on restored
    for each statement execute function refuse_change();

grant select, insert on restored to payrun_app;
