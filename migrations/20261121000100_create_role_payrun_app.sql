-- The application's role. It is a group: give it to the login role of each deployment, or let the
-- login role switch to it, as payrun does on every connection. Roles belong to the cluster, so
-- another database may have made it already.
do $$
begin
    if not exists (select from pg_roles where rolname = 'payrun_app') then
        create role payrun_app nologin;
    end if;
exception
    when duplicate_object or unique_violation then null;
    when insufficient_privilege then
        raise exception using errcode = 'insufficient_privilege',
            message = format('the role payrun_app is missing and %s may not create it: let a superuser run `create role payrun_app nologin; '
                'grant payrun_app to <the login role of the application>`, then migrate again', current_user),
            hint = 'As a superuser: create role payrun_app nologin; grant payrun_app to <the login role of the application>;';
end
$$;

-- The login role that runs the migrations may also run the application, and then switches to
-- payrun_app. Where it may not give itself the role, an administrator gives it to the role that
-- runs the application; `payrun doctor` says so when it is missing.
do $$
begin
    if not pg_has_role(current_user, 'payrun_app', 'member') then
        execute format('grant payrun_app to %I', current_user);
    end if;
exception
    when insufficient_privilege then null;
end
$$;

revoke create on schema public from public;
grant usage on schema public to payrun_app;
