-- Whom an account's requests go to: an address, and who we are there. Payouts that were sent to one
-- are asked for at the same one, or at another of which it is proved that both are one merchant.
create table account_peer (
    account text collate "C" not null references account (name),
    peer text collate "C" not null check (length(peer) = 26),
    merchant text collate "C",
    proved_by text check (proved_by in ('nothing_open', 'found', 'people')),
    proposed_by text,
    confirmed_by text,
    first_seen timestamptz not null default clock_timestamp(),
    last_seen timestamptz not null default clock_timestamp(),
    primary key (account, peer),
    check ((merchant is null) = (proved_by is null)),
    check ((confirmed_by is not null) = (proved_by is not distinct from 'people')),
    check (confirmed_by is null or lower(confirmed_by) <> lower(proposed_by))
);

comment on table account_peer is 'Whom an account''s requests go to. What was sent to one merchant is not asked of another, nor sent again there.';
comment on column account_peer.peer is 'Keyed hash of the origin (scheme, host, port) and of what identifies us there: the merchant''s key, the application''s code, the company''s id.';
comment on column account_peer.merchant is 'The first peer of the same merchant; null until it is known which merchant this is. Nothing is sent through such a peer.';
comment on column account_peer.proved_by is 'nothing_open: nothing of the account was with any other. found: it has what another peer sent. people: two people say that it is the right one.';

-- What a peer is was proved once.
create function account_peer_updated() returns trigger language plpgsql as $$
begin
    perform payrun_actor();
    if (new.account, new.peer, new.first_seen) is distinct from (old.account, old.peer, old.first_seen)
        or (old.merchant is not null and (new.merchant, new.proved_by, new.proposed_by, new.confirmed_by)
            is distinct from (old.merchant, old.proved_by, old.proposed_by, old.confirmed_by))
    then
        raise exception using errcode = 'PR003', message = format('account_peer is append-only: peer %s of account %s is proved', old.peer, old.account);
    end if;
    return new;
end
$$;

create trigger account_peer_updated before update on account_peer
    for each row execute function account_peer_updated();

grant select, insert on account_peer to payrun_app;
grant update (merchant, proved_by, proposed_by, confirmed_by, last_seen) on account_peer to payrun_app;
