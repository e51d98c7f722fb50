-- Organisation, project and what may send to it. Every row of a tenant carries org_id.
create table organisations (
  org_id text primary key,
  name text not null,
  created_at timestamptz not null default now()
);

create table projects (
  project_id text primary key,
  org_id text not null references organisations,
  name text not null,
  retention_days integer not null check (retention_days > 0),
  created_at timestamptz not null default now()
);

create index projects_of_organisation on projects (org_id);

-- The key itself is not kept: its sha256 in hex, and its last four characters, so that a person can tell keys apart.
create table ingest_keys (
  key_hash text primary key check (key_hash ~ '^[0-9a-f]{64}$'),
  org_id text not null references organisations,
  project_id text not null references projects,
  name text not null,
  hint text not null,
  created_at timestamptz not null default now(),
  revoked_at timestamptz
);

create index ingest_keys_of_project on ingest_keys (project_id);
