create table restore_event (
    id bigint generated always as identity primary key,
    restored_by text not null default payrun_actor(),
    restored_at timestamptz not null default clock_timestamp()
);

comment on table restore_event is 'Each time that payrun was told that this database came from a backup. What was imported before and is not approved yet may have been approved, sent and paid since the backup: approved here, it is looked up before it is sent.';

grant select, insert on restore_event to payrun_app;
