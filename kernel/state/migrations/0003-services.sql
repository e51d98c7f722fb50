-- State of register-services, which alone writes it: the services of a project, each with its colour for ever.
create table services (
  service_id text primary key,
  org_id text not null,
  project_id text not null,
  name text not null,
  -- 0 to 15, or -1 where there was none left.
  slot smallint not null check (slot between -1 and 15),
  first_seen_at timestamptz not null
);

create index services_of_project on services (project_id);

-- A colour is one service's.
create unique index services_slot on services (project_id, slot) where slot >= 0;
