"""The step m012 of storage/migrations.py: series by rule, what conflicts, calendars, imports and hand-offs keep."""

from __future__ import annotations

PLANNING = """
alter table rooms add column siblings text not null default '[]';
alter table rooms add column targets text not null default '{}';
alter table rooms add column testing text;
create table matrices (name text primary key, organised_by text) strict;
alter table shows add column slot text;
alter table shows add column sequence integer not null default 0;
alter table shows add column lead_sku text;
update shows set slot = starts_local where series is not null;
update shows set lead_sku = (
    select json_extract(skus, '$[0]') from segments where segments.show = shows.id and skus != '[]' order by position);
create index shows_by_room on shows (room, starts_at);
create index shows_by_host on shows (host, starts_at) where host is not null;
create index shows_by_lead on shows (lead_sku, starts_at) where lead_sku is not null;
create index shows_by_series on shows (series, starts_at) where series is not null;
create index shows_planned on shows (starts_at) where state in ('planned', 'go', 'no_go');
create index shows_skipped on shows (starts_at, room) where state = 'skipped';
alter table series add column room text;
update series set room = json_extract(data, '$.room');
create index series_by_room on series (room);
create table allowed_conflicts (
    kind text not null, show text not null, other text not null, by text not null, at text not null,
    reason text not null, primary key (kind, show, other)) strict;
create index allowed_by_show on allowed_conflicts (show);
create index allowed_by_other on allowed_conflicts (other);
create table told_conflicts (
    kind text not null, show text not null, other text not null, message text not null, at text not null,
    gone_at text, primary key (kind, show, other)) strict;
create index told_conflicts_by_show on told_conflicts (show);
create index told_conflicts_by_other on told_conflicts (other);
create index told_conflicts_by_message on told_conflicts (message);
create table host_offers (
    id text primary key, show text not null references shows (id), kind text not null, instead_of text,
    asked text not null, made_by text, made_at text not null, until text not null, taken_by text, closed_at text,
    outcome text) strict;
create index host_offers_by_show on host_offers (show);
create table calendar_links (
    id text primary key, hash text not null unique, kind text not null, name text not null, made_by text not null,
    made_at text not null, revoked_at text, revoked_by text, read_at text) strict;
create table uploads (
    id text primary key, name text not null, media_type text not null, data blob not null, by text not null,
    at text not null) strict;
create table plan_imports (
    id text primary key, name text not null, made_by text not null, made_at text not null, rows text not null,
    state text not null, done_at text, done_by text, shows text not null default '[]') strict;
create table hand_offs (
    id text primary key, session text not null references sessions (id), room text not null, why text not null,
    line text not null, offered_at text not null, used_at text, used_by text, arrived integer) strict;
create index hand_offs_by_session on hand_offs (session);
create index hand_offs_by_room on hand_offs (room, offered_at);
"""
