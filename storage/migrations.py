"""Numbered steps that bring any older database up to date. Append only: a released step is never edited."""

from __future__ import annotations

import sqlite3

from sqlite_utils import Database, Migrations

from storage.chain import START, link
from storage.schema_planning import PLANNING

migrations = Migrations("showcaller")


def _run(db: Database, script: str) -> None:
    """Statement by statement, triggers whole: executescript would commit in the middle of a step."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            db.execute(statement)
            statement = ""


_M001 = """
create table counters (name text primary key, value integer not null) strict;
create table facts (name text primary key, value text not null) strict;
create table rooms (
    slug text primary key, name text not null, platform text not null, handle text, zone text not null,
    language text not null, currency text not null, role text not null, theme text, host_mode text not null,
    studio text, archived_at text) strict;
create table products (
    room text not null references rooms (slug), sku text not null, name text not null, price_minor integer not null,
    currency text not null, list_price_minor integer, stock integer, limit_per_buyer integer, gifts text not null,
    selling_points text not null, ships_from text, warranty_days integer, primary key (room, sku)) strict;
create table people (slug text primary key, name text not null, role integer not null, language text, zone text) strict;
create table series (id text primary key, data text not null) strict;
create table shows (
    id text primary key, room text not null references rooms (slug), host text references people (slug),
    starts_local text not null, zone text not null, starts_at text not null, duration_s integer not null,
    state text not null, series text references series (id), title text, benefit text,
    likes_goal integer) strict;
create index shows_by_start on shows (starts_at);
create table segments (
    show text not null references shows (id), position integer not null, kind text not null, starts_s integer not null,
    length_s integer not null, skus text not null, primary key (show, position)) strict;
create table cues (
    id text primary key, show text not null references shows (id), kind text not null, at_s integer not null,
    state text not null, sku text, needs_operator integer not null) strict;
create index cues_by_show on cues (show, at_s);
create table checklist_items (
    show text not null references shows (id), key text not null, position integer not null, section text not null,
    owner integer not null, required integer not null, due_s integer not null, state text not null, auto text,
    by text, at text, reason text, primary key (show, key)) strict;
create table sessions (
    id text primary key, room text not null references rooms (slug), show text references shows (id),
    started_at text not null, state text not null, ended_at text, ended_by text, judged_tick integer,
    watch text, figures text) strict;
create index sessions_by_room on sessions (room, started_at);
create table signals (
    id integer primary key, room text not null, session text references sessions (id), source text not null,
    source_id text, at text not null, kind text not null, data text not null) strict;
create unique index signals_once on signals (room, source, source_id) where source_id is not null;
create index signals_by_session on signals (session, id);
create index signals_homeless on signals (room, at) where session is null;
create table webhooks (
    room text not null, id text not null, digest text not null, at text not null, count integer not null,
    primary key (room, id)) strict;
create table secrets (
    room text not null references rooms (slug), secret text not null, created_at text not null, valid_until text,
    primary key (room, secret)) strict;
create table alerts (
    id text primary key, room text not null, kind text not null, session text not null references sessions (id),
    opened_at text not null, opened_s integer not null, state text not null, severity text not null,
    reason text not null, evidence text not null, now text not null, resolved_at text, by text, by_at text,
    snoozed_until text, missing text not null) strict;
create unique index alerts_one_open on alerts (room, kind, session) where resolved_at is null;
create table prompts (
    id text primary key, session text not null references sessions (id), room text not null,
    alert text references alerts (id), tactic text not null, line text not null, language text not null,
    text text not null, gloss text, state text not null, offered_at text not null, position integer not null,
    by text, at text) strict;
create index prompts_by_session on prompts (session);
create table nudges (
    id text primary key, session text not null references sessions (id), kind text not null, due_at text not null,
    expires_at text not null, subject text not null, reply text not null, recipient text, state text not null, at text,
    why text) strict;
create index nudges_by_session on nudges (session);
create table messages (
    id text primary key, key text not null unique, channel text not null, kind text not null, subject text,
    recipient text, reply text not null, urgent integer not null, expires_at text, created_at text not null) strict;
create index messages_by_subject on messages (subject);
create table buttons (
    message text not null, button text not null, command text not null, args text not null,
    primary key (message, button)) strict;
create table destinations (
    message text not null references messages (id), destination text not null, ref text not null,
    primary key (message, destination)) strict;
create table outbox (
    id integer primary key, message text not null references messages (id), destination text not null, op text not null,
    reply text not null, state text not null, attempt integer not null, created_at text not null, due_at text not null,
    lease_until text, sent_at text, error text) strict;
create index outbox_waiting on outbox (destination, id) where state in ('new', 'sending');
create index outbox_by_message on outbox (message);
create table timers (
    id integer primary key, kind text not null, subject text not null, due_at text not null, done_at text, outcome text,
    unique (kind, subject)) strict;
create index timers_waiting on timers (due_at) where done_at is null;
create index timers_by_subject on timers (subject);
create table audit (
    id integer primary key, at text not null, actor text not null, via text not null, action text not null,
    subject text not null, before text, after text, detail text not null) strict;
create index audit_by_subject on audit (subject);
create table files (name text primary key, media_type text not null, data blob not null) strict;
create table web_messages (
    id text primary key, rev integer not null unique, first_rev integer not null, at text not null,
    channel text not null, author text, recipient text, private integer not null, kind text not null, text text,
    reply text, applied integer not null, nonce text unique, answers text) strict;
create index web_messages_by_channel on web_messages (channel, rev);
"""


@migrations()
def m001_first_show_day(db: Database) -> None:
    """Everything one show day needs."""
    _run(db, _M001)


_M002 = """
create table heard (room text not null, source text not null, at text not null, primary key (room, source)) strict;
insert into heard select room, source, max(at) from signals group by room, source;
create table last_signals (session text primary key references sessions (id), at text not null) strict;
insert into last_signals select session, max(at) from signals where session is not null group by session;
"""


@migrations()
def m002_last_heard(db: Database) -> None:
    """When each source and session was last heard of, so that /status does not read every signal ever stored."""
    _run(db, _M002)


_M003 = """
alter table rooms add column sensitivity text not null default 'normal';
alter table alerts add column not_useful_by text;
alter table alerts add column not_useful_at text;
"""


@migrations()
def m003_tuning(db: Database) -> None:
    """How easily a room's alerts ring, and which of them people found not useful."""
    _run(db, _M003)


_M004 = """
alter table audit add column channel text;
alter table audit add column room text;
alter table audit add column show text;
alter table audit add column hash text not null default '';
create temp table audit_place (subject text primary key, room text, show text);
insert or ignore into audit_place select id, room, id from shows;
insert or ignore into audit_place select cues.id, shows.room, shows.id from cues join shows on shows.id = cues.show;
insert or ignore into audit_place select id, room, show from sessions;
insert or ignore into audit_place
    select alerts.id, alerts.room, sessions.show from alerts join sessions on sessions.id = alerts.session;
insert or ignore into audit_place
    select prompts.id, prompts.room, sessions.show from prompts join sessions on sessions.id = prompts.session;
insert or ignore into audit_place select slug, slug, null from rooms;
insert or ignore into audit_place select room || '/' || sku, room, null from products;
update audit set room = place.room, show = place.show from audit_place as place
    where place.subject = audit.subject and audit.action not in ('me', 'host.add');
drop table audit_place;
create index audit_by_actor on audit (actor);
create index audit_by_room on audit (room);
create index audit_by_show on audit (show);
"""
_M004_CLOSED = """
create trigger audit_no_update before update on audit
    begin select raise(abort, 'the audit is only ever added to: no row of it is changed'); end;
create trigger audit_no_delete before delete on audit
    begin select raise(abort, 'the audit is only ever added to: no row of it is deleted'); end;
create trigger audit_no_replace before insert on audit when exists (select 1 from audit where id = new.id)
    begin select raise(abort, 'the audit is only ever added to: no row of it is replaced'); end;
"""
_M004_BATCH = 1000


@migrations()
def m004_audit_chain(db: Database) -> None:
    """The audit knows channel, room and show, is chained by hashes (storage/chain.py) and closed to changes.

    From which channel the older rows came was not kept: it stays unknown.
    """
    _run(db, _M004)
    last, before = 0, START
    while rows := list(db.query("select * from audit where id > ? order by id limit ?", [last, _M004_BATCH])):
        for row in rows:
            last, before = row["id"], link(before, row)
            db.execute("update audit set hash = ? where id = ?", [before, last])
    _run(db, _M004_CLOSED)


_M005 = """
alter table outbox add column urgent integer not null default 0;
alter table outbox add column failures integer not null default 0;
alter table outbox add column may_have_arrived integer not null default 0;
alter table outbox add column first_attempt_at text;
alter table outbox add column repeat integer not null default 0;
alter table outbox add column direct integer not null default 0;
alter table outbox add column done_at text;
update outbox set urgent = (select urgent from messages where id = outbox.message),
    first_attempt_at = case when state = 'sending' then due_at end,
    done_at = case when state not in ('new', 'sending') then coalesce(sent_at, created_at) end;
drop index outbox_waiting;
create index outbox_queue on outbox (destination, urgent desc, id) where state = 'new';
create index outbox_leased on outbox (destination) where state = 'sending';
create index outbox_unsettled on outbox (message, destination) where state in ('new', 'sending');
create index outbox_done on outbox (done_at) where done_at is not null;
create table bindings (
    purpose text not null, destination text not null, position integer not null,
    primary key (purpose, destination)) strict;
create table destination_state (
    destination text primary key, not_before text, parked_at text, why text, since text,
    failures integer not null default 0) strict;
"""


@migrations()
def m005_relay(db: Database) -> None:
    """A queue per destination, where each purpose's messages go, and which destinations are in trouble."""
    _run(db, _M005)


_M006 = """
alter table rooms add column matrix text not null default 'main';
alter table people add column speaks text not null default '[]';
create table hosts (
    person text primary key references people (slug), markets text not null, hours text not null,
    rest_s integer not null, reach text not null) strict;
insert into hosts select slug, '[]', '[]', 28800, 'dm' from people where role = 2;
create table grants (
    person text not null references people (slug), scope text not null, name text not null, role integer not null,
    primary key (person, scope, name)) strict;
create table accounts (
    chat text not null, account text not null, person text not null references people (slug), linked_at text not null,
    primary key (chat, account)) strict;
create index accounts_by_person on accounts (person, linked_at);
create table codes (
    digest text primary key, purpose text not null, person text, made_at text not null, valid_until text not null,
    used_at text) strict;
create table code_tries (id integer primary key, account text not null, at text not null) strict;
alter table buttons add column current integer not null default 1;
"""


@migrations()
def m006_people(db: Database) -> None:
    """Who may do what where, whose accounts are whose, what hosts need, and which buttons a message still carries."""
    _run(db, _M006)


_M007 = """
create table deeds (
    id text primary key, person text not null, action text not null, subject text not null, channel text not null,
    entry integer not null, made_at text not null, until text not null, before text not null, after text not null,
    undone_at text, undone_by text) strict;
create index deeds_of_person on deeds (person, made_at) where undone_at is null;
"""


@migrations()
def m007_undo(db: Database) -> None:
    """What was done and may be taken back for a minute."""
    _run(db, _M007)


_M008 = """
create table web_accounts (id text primary key, made_at text not null) strict;
create table web_sessions (
    id text primary key, hash text not null unique, account text not null references web_accounts (id),
    made_at text not null, seen_at text not null, agent text not null, ends_at text not null, ended_at text,
    ended_why text) strict;
create index web_sessions_not_ended on web_sessions (account) where ended_at is null;
"""


@migrations()
def m008_web_team(db: Database) -> None:
    """Signing in to the web chat: whose account has been opened, and sessions. Of their cookies only hashes."""
    _run(db, _M008)


_M009 = """
create table asks (
    id text primary key, kind text not null, subject text not null, room text not null, key text not null,
    asked_at text not null, moment text, steps integer not null, next_at text, closed_at text, outcome text,
    answered_at text, answered_by text, answered_in text, answer text) strict;
create index asks_by_subject on asks (subject);
create index asks_by_key on asks (key);
create table ask_steps (
    ask text not null references asks (id), step integer not null, audience text not null, at text not null,
    key text, outcome text not null, primary key (ask, step, audience)) strict;
create index ask_steps_by_key on ask_steps (key);
create index ask_steps_by_time on ask_steps (at);
"""


@migrations()
def m009_escalation(db: Database) -> None:
    """Questions that wait for an answer, and whom they were put to. What was asked before has no ladder."""
    _run(db, _M009)


_M010 = """
alter table heard add column beat_at text;
alter table heard add column gaps_s text not null default '[]';
create index audit_by_via on audit (via);
create index messages_by_channel on messages (channel, created_at);
"""


@migrations()
def m010_trust(db: Database) -> None:
    """In which rhythm each source reports; what /why and /status look for is found by an index."""
    _run(db, _M010)


_M011 = """
alter table bindings rename to old_bindings;
create table bindings (
    purpose text not null, room text not null default '', destination text not null, position integer not null,
    primary key (purpose, room, destination)) strict;
insert into bindings (purpose, destination, position) select purpose, destination, position from old_bindings;
drop table old_bindings;
create index bindings_by_destination on bindings (destination);
alter table messages add column room text;
alter table messages add column show text;
alter table messages add column pings text not null default '[]';
create table inbound (
    chat text not null, id text not null, at text not null, message text, primary key (chat, id)) strict;
create index inbound_by_time on inbound (at);
create table answers (
    message text primary key, chat text not null, address text not null, asker text not null,
    is_private integer not null, reply text not null, ref text, at text not null) strict;
create table spots (
    chat text not null, address text not null, kind text not null, subject text not null, ref text,
    detail text not null default '{}', at text not null, primary key (chat, address, kind, subject)) strict;
create table flows (
    id text primary key, chat text not null, address text not null, account text not null, detail text not null,
    at text not null) strict;
create index flows_of_account on flows (chat, address, account);
create table chat_accounts (
    chat text not null, account text not null, name text not null, marks text not null default '[]',
    is_reachable integer not null default 0, seen_at text not null, primary key (chat, account)) strict;
create table mark_roles (
    chat text not null, mark text not null, scope text not null, name text not null, role integer not null,
    primary key (chat, mark, scope, name)) strict;
"""


@migrations()
def m011_chats(db: Database) -> None:
    """Other chats: bindings per room, what came in and was answered, threads and the like, accounts and their marks."""
    _run(db, _M011)


@migrations()
def m012_matrix_and_schedule(db: Database) -> None:
    """Series by rule with their dates, conflicts that are allowed, offers to hosts, calendars, imports, hand-offs."""
    _run(db, PLANNING)


LATEST = tuple(step.name for step in migrations._migrations)  # noqa: SLF001 - the library keeps no public list of all steps
"""Names of every step this version knows, oldest first."""
