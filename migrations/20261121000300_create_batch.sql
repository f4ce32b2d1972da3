create table batch (
    id uuid primary key,
    source text not null check (source in ('file', 'message', 'reissue')),
    source_name text not null,
    source_digest bytea not null check (length(source_digest) = 32),
    digest bytea check (length(digest) = 32),
    accepted integer not null default 0 check (accepted >= 0),
    rejected integer not null default 0 check (rejected >= 0),
    uploaded_by text not null,
    uploaded_at timestamptz not null default clock_timestamp(),
    approved_by text,
    approved_at timestamptz,
    cancelled_by text,
    cancelled_at timestamptz,
    paused_by text,
    paused_at timestamptz,
    constraint batch_maker_is_not_checker check (lower(approved_by) <> lower(uploaded_by)),
    check (approved_by is null or digest is not null),
    check ((approved_by is null) = (approved_at is null)),
    check ((cancelled_by is null) = (cancelled_at is null)),
    check ((paused_by is null) = (paused_at is null))
);

-- A file is its bytes under every name; a message is its publisher's id and not its bytes.
create unique index batch_file_once on batch (source_digest) where source = 'file';
create unique index batch_message_once on batch (source_name) where source = 'message';
-- What came back unsent is looked for among these.
create index batch_cancelled on batch (id) where cancelled_at is not null;

comment on table batch is 'Payouts that are approved as one: a file, an intake message, a reissue.';
comment on column batch.source_name is 'The client''s file name or message id: data, never a path.';
comment on column batch.source_digest is 'SHA-256 of the bytes received: a message id that comes again with other bytes is refused.';
comment on column batch.digest is 'SHA-256 over the accepted rows: what the approver saw is what is approved. Null only inside the transaction that reads the rows.';
comment on column batch.paused_at is 'While set, no payout of this batch is claimed.';

-- Which accounts it pays through, and where the last of an account's rows is: a file may be sorted
-- by account.
create table batch_account (
    account text collate "C" not null,
    batch_id uuid not null references batch,
    last_row integer not null check (last_row >= 1),
    primary key (account, batch_id)
);

comment on table batch_account is 'The accounts that a batch pays through, with the last row of each: what was sent last through an account is found there.';

create function batch_guard() returns trigger language plpgsql as $$
begin
    if (new.id, new.source, new.source_name, new.source_digest, new.uploaded_by, new.uploaded_at)
        is distinct from (old.id, old.source, old.source_name, old.source_digest, old.uploaded_by, old.uploaded_at)
        or (old.digest is not null
            and (new.digest, new.accepted, new.rejected) is distinct from (old.digest, old.accepted, old.rejected)) then
        raise exception using errcode = 'PR002', message = format('batch %s: what was uploaded cannot change', old.id);
    end if;
    if old.approved_by is not null
        and (new.approved_by, new.approved_at) is distinct from (old.approved_by, old.approved_at) then
        raise exception using errcode = 'PR002', message = format('batch %s: an approval cannot change', old.id);
    end if;
    return new;
end
$$;

create trigger batch_guard before update on batch for each row execute function batch_guard();

create table row_fault (
    id bigint generated always as identity,
    batch_id uuid not null references batch,
    line bigint not null check (line >= 1),
    row_no integer not null check (row_no >= 1),
    severity text not null check (severity in ('error', 'warning')),
    field text,
    code text not null,
    value_masked text,
    reason text not null,
    primary key (batch_id, row_no, id)
);

comment on table row_fault is 'Every fault of every row. A row ends in payout or has an error here, never both, never neither.';
comment on column row_fault.severity is 'error: the row is no payout. warning: it may be one, and the approver should look.';
comment on column row_fault.line is 'The line of the file on which the record starts, counted from one with the header.';
comment on column row_fault.row_no is 'The record, counted from one without the header; in a message the position in its list.';
comment on column row_fault.value_masked is 'Enough to recognise the cell, never personal data in full.';

grant select, insert on batch, batch_account, row_fault to payrun_app;
grant update (accepted, rejected, digest, approved_by, approved_at, cancelled_by, cancelled_at, paused_by, paused_at)
    on batch to payrun_app;
