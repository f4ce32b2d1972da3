create table seal_check (
    key_id smallint primary key,
    sealed bytea not null
);

comment on table seal_check is 'A known text sealed with each key in use, and its blind index as number 0: a process with another key file is refused at start, before it claims what it cannot open.';

grant select, insert on seal_check to payrun_app;
