-- The application's role. It is a group: give it to the login role of each deployment, or let the login role switch to it,
-- as payrun does on every connection. Roles belong to the cluster, so another database may have made it already.
do $$
begin
    create role payrun_app nologin;
exception
    when duplicate_object or unique_violation then null;
end
$$;

-- The login role that runs the migrations may also run the application, and then switches to payrun_app.
do $$
begin
    if not pg_has_role(current_user, 'payrun_app', 'member') then
        execute format('grant payrun_app to %I', current_user);
    end if;
end
$$;

revoke create on schema public from public;
grant usage on schema public to payrun_app;
