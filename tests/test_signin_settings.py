"""Opening the web chat to a team: what may be set, what `check` says of it, and the link a start prints."""

from __future__ import annotations

import asyncio
import os
import re
from pathlib import Path

import aiohttp
import pytest
from sqlite_utils import Database

from bot.chat.web.adapter import WebChat
from bot.config import load
from bot.core.errors import StartError
from bot.http import base_url
from storage.database import SqliteStore
from storage.migrations import migrations
from tests.command_line import Typed, clean_environment
from tests.crash.served import Served
from tests.signed_in import team


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in os.environ.keys() - clean_environment().keys():
        monkeypatch.delenv(name)


def write(text):
    Path("showcaller.toml").write_text(f"[web]\nport = 0\n{text}\n[ingest]\nport = 0\n", "utf-8")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('listen = "0.0.0.0"', "`web.listen`: without a sign-in the web chat listens on loopback only"),
        ('listen = "192.168.1.5"\nsign_in = false', "add `sign_in = true` to [web]"),
        ('listen = "our-server"\nsign_in = true', "'our-server' is no address"),
        ('public_url = "https://chat.example.com"', "`web.public_url`: only with a sign-in"),
        ('names = ["chat.local"]', "`web.names`: only with a sign-in"),
        ('trusted_proxies = ["127.0.0.1"]', "`web.trusted_proxies`: only with a sign-in"),
        ('sign_in = true\npublic_url = "chat.example.com"', "is not how a link begins"),
        ('sign_in = true\npublic_url = "https://chat.example.com/showcaller"', "is not how a link begins"),
        ('sign_in = true\npublic_url = "https://me:pw@chat.example.com"', "is not how a link begins"),
        ('sign_in = true\npublic_url = "https://:pw@chat.example.com"', "is not how a link begins"),
        ('sign_in = true\npublic_url = "ftp://chat.example.com"', "is not how a link begins"),
        ('sign_in = true\npublic_url = "http://[::1"', "is not how a link begins"),
        ('sign_in = true\nnames = ["https://chat.local"]', "'https://chat.local' is no host name"),
        ('sign_in = true\nnames = ["a b"]', "'a b' is no host name"),
        ('sign_in = true\ntrusted_proxies = ["proxy"]', "give addresses of proxies"),
        ("idle_end = 0", "`web.idle_end`"),
        ("absolute_end = 401", "`web.absolute_end`"),
    ],
)
def test_a_setting_that_is_wrong_says_what_to_type(text, why):
    write(text)
    with pytest.raises(StartError) as refused:
        load(None)
    assert why in str(refused.value)


def test_what_is_set_is_kept_in_one_spelling():
    write('sign_in = true\nlisten = "::"\nnames = ["Chat.Local"]\npublic_url = "HTTPS://Chat.Example.com:8443/"')
    web = load(None).web
    assert (web.names, web.public_url) == (["chat.local"], "https://chat.example.com:8443")
    assert (web.idle_end, web.absolute_end) == (14, 90)


def test_without_a_public_url_links_lead_to_this_machine():
    assert base_url("127.0.0.1", 8765) == "http://127.0.0.1:8765"
    assert base_url("192.168.1.5", 80) == "http://192.168.1.5:80"
    assert base_url("fd00::2", 8765) == "http://[fd00::2]:8765"
    assert re.fullmatch(r"http://\d+\.\d+\.\d+\.\d+:8765", base_url("0.0.0.0", 8765))
    assert "0.0.0.0" not in base_url("0.0.0.0", 8765)
    assert re.fullmatch(r"http://\[[0-9a-f:]+\]:8765", base_url("::", 8765))
    assert "[::]" not in base_url("::", 8765)


# -- check ------------------------------------------------------------------------


def findings(capsys):
    """What `check` says, by what of."""
    done = Typed(capsys)("check")
    return done.code, dict(
        re.match(r"(?:ok   |WRONG) ([a-z -]+): (.*)", line).groups() for line in done.out.splitlines()
    )


def test_check_says_nothing_of_a_sign_in_that_is_not_there(capsys):
    write("")
    assert not {"links", "web safety", "sign-in"} & set(findings(capsys)[1])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "begin with http://127.0.0.1:0; Google and Outlook cannot read them"),
        ('public_url = "https://Calendar.example.com/"', "https://calendar.example.com; there a proxy must hand on"),
    ],
)
def test_check_says_where_calendars_can_be_read(capsys, text, told):
    Path("showcaller.toml").write_text(f"[web]\nport = 0\n[ingest]\nport = 0\n{text}\n", "utf-8")
    code, found = findings(capsys)
    assert (code, told in found["calendars"]) == (0, True), found["calendars"]


@pytest.mark.parametrize(
    ("text", "code", "what", "told"),
    [
        ("", 0, "links", "this machine only"),
        ("", 0, "web safety", "this machine only"),
        ('listen = "0.0.0.0"', 0, "web safety", "warning: no TLS"),
        ('listen = "0.0.0.0"\npublic_url = "http://localhost:8765"', 1, "links", "everybody to their own machine"),
        ('listen = "0.0.0.0"\npublic_url = "http://chat.local"', 0, "links", "a proxy must hand on to 0.0.0.0:0"),
        ('public_url = "https://chat.example.com"', 0, "links", "a proxy must hand on to 127.0.0.1:0"),
        ('public_url = "https://chat.example.com"', 0, "web safety", "name its address in `web.trusted_proxies`"),
        ('public_url = "https://c.example.com"\ntrusted_proxies = ["127.0.0.1"]', 0, "web safety", "TLS in front"),
        ("", 0, "sign-in", "no admin is signed in: the next start prints a link"),
    ],
)
def test_check_says_where_links_lead_and_what_is_not_protected(capsys, text, code, what, told):
    write(f"sign_in = true\n{text}")
    got, found = findings(capsys)
    assert told in found[what]
    assert got == code, found


async def test_check_knows_whether_an_admin_can_get_in(tmp_path, capsys):
    write("sign_in = true\n[clock]\nstart = 2027-03-12T19:00:00-05:00")
    Path("showcaller.toml").write_text(f'database = "demo.db"\n{Path("showcaller.toml").read_text("utf-8")}', "utf-8")
    async with team(tmp_path) as chat:
        assert "the next start prints" in (await asyncio.to_thread(findings, capsys))[1]["sign-in"]
        await chat.boss()
        assert "an admin is signed in" in (await asyncio.to_thread(findings, capsys))[1]["sign-in"]


# -- the start --------------------------------------------------------------------


async def test_the_first_start_prints_one_link_and_no_log_line_has_it(tmp_path, monkeypatch):
    monkeypatch.setenv("SHOWCALLER_WEB__SIGN_IN", "true")
    served = Served(tmp_path / "bot")
    await served.start(None)
    [link] = re.findall(r"http://127\.0\.0\.1:\d+/chat/join#\S+", served.log.read_text("utf-8"))
    code = link.partition("#")[2]
    base = link.partition("/chat")[0]
    async with aiohttp.ClientSession(headers={"Origin": base}) as http:
        async with http.post(f"{base}/chat/api/join", json={"code": code, "name": "Anna"}) as joined:
            assert joined.status == 200
        async with http.post(f"{base}/chat/api/join", json={"code": code, "name": "Eve"}) as again:
            assert again.status == 410
    await asyncio.to_thread(served.stop)
    lines = [line for line in served.said().splitlines() if code in line]
    assert [line for line in lines if "event=" in line] == []
    assert len(lines) == 1
    await served.start(None)
    assert "join#" not in served.log.read_text("utf-8"), "an admin is signed in: nobody needs a link"
    await asyncio.to_thread(served.stop)


# -- a database from before -------------------------------------------------------


async def test_an_older_file_keeps_its_people_and_gets_a_sign_in(tmp_path):
    path = tmp_path / "old.db"
    db = Database(path)
    migrations.apply(db, stop_before="m008_web_team")
    db.execute("insert into people (slug, name, role) values ('operator', 'Operator', 5)")
    db.conn.commit()
    db.close()
    store = SqliteStore(path)
    await store.open()
    assert [one.slug for one in await store.read(lambda tx: tx.people.all())] == ["operator"]
    assert await store.read(lambda tx: tx.signin.not_ended("operator")) == []
    await store.close()


async def test_who_somebody_is_is_asked_in_one_place(tmp_path, monkeypatch):
    """The account of a session stands for whoever it is linked to, at every request and push."""
    asked = []
    ask = WebChat._actor_of

    async def listening(self, account):
        asked.append(account)
        return await ask(self, account)

    monkeypatch.setattr(WebChat, "_actor_of", listening)
    async with team(tmp_path) as chat:
        boss = await chat.boss()
        async with boss.socket() as socket:
            await socket.receive_json(timeout=20)
            asked.clear()
            await boss.ok("hello")
            await socket.receive_json(timeout=20)
        assert asked == ["boss", "boss"], "once to say it, once to show it"
        await boss.ok("/person add vip name=Vip")
        vip = await chat.member("vip", boss)
        open_link = await boss.invite("vip")
        code = next(b for b in (await boss.ok("/link")).body["reply"]["blocks"] if b["type"] == "secret")["text"]
        await vip.ok(code)
        assert await vip.who() == "boss", "a linked account is its person from the next request on"
        late = await (await chat.device()).join(open_link)
        assert (late.status, "linked to Boss" in late.body["error"]) == (410, True)
        refused = await boss.say("/invite vip")
        assert refused.status == 409
        assert "linked to Boss" in refused.body["error"], "an invite must not let somebody in as another"
        assert (await boss.ok("/signout")).body["reply"]["text"] == "Boss is signed out of 2 sessions."
        assert (await vip.who(), await boss.who()) == (None, None)
