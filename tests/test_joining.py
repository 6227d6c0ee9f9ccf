"""Signing in to the web chat: links that work once, sessions that end, and what every door says to whom it refuses."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime, timedelta

import pytest

from bot.core.model import Person, Role
from tests.signed_in import code_of, team

SIGNED_OUT = 4401


@pytest.fixture
async def chat(tmp_path):
    async with team(tmp_path) as running:
        yield running


# -- the first admin --------------------------------------------------------------


async def test_an_empty_installation_lets_its_first_admin_in_and_nobody_else(tmp_path):
    async with team(tmp_path, people=None) as chat:
        first = await chat.device()
        link = chat.app.first_admin_link
        assert link.startswith(f"{chat.base}/chat/join#")
        assert (await first.look(link)).body["purpose"] == "first_admin"
        assert (await first.join(link, "  王 Wei ")).status == 200
        me = (await first.get("/chat/api/me")).body
        assert (me["person"]["name"], me["person"]["role"], me["sign_in"]) == ("王 Wei", "admin", True)
        assert await chat.app.store.read(lambda tx: tx.people.all()) == [Person("wei", "王 Wei", Role.ADMIN)]
        again = await (await chat.device()).join(link, "Mallory")
        assert again.status == 410
        assert "used already" in again.body["error"]


async def test_the_code_may_be_typed_by_hand(tmp_path):
    async with team(tmp_path, people=None) as chat:
        code = code_of(chat.app.first_admin_link)
        typed = f" {code.lower().replace('-', ' ')} "
        assert (await (await chat.device()).join(f"#{typed}", "Anna")).status == 200


@pytest.mark.parametrize("name", ["", " ", "x" * 61, "a\x00b", 5, None])
async def test_a_first_admin_without_a_name_may_try_again(chat, name):
    device = await chat.device()
    refused = await device.join(chat.app.first_admin_link, name)
    assert (refused.status, refused.body["error"]) == (400, "Give a name of 1 to 60 letters.")
    assert (await device.join(chat.app.first_admin_link, "Boss")).status == 200


async def test_a_code_is_only_made_while_no_admin_can_get_in(tmp_path):
    async with team(tmp_path) as chat:
        boss = await chat.boss()
    async with team(tmp_path) as chat:
        assert chat.app.first_admin_link is None
        boss.base = chat.base
    async with team(tmp_path, start=chat.app.clock.now() + timedelta(days=15)) as chat:
        link = chat.app.first_admin_link
        assert link is not None, "the only admin's session has run out: a start must let them in again"
    async with team(tmp_path, start=chat.app.clock.now()) as chat:
        assert chat.app.first_admin_link not in (None, link)
        assert (await (await chat.device()).join(link, "Boss")).status == 404, "a newer code makes the older one void"


async def test_who_was_there_before_becomes_admin_and_nobody_is_made_twice(chat):
    device = await chat.device()
    assert (await device.join(chat.app.first_admin_link, "MAX")).status == 200
    assert await device.who() == "max"
    people = await chat.app.store.read(lambda tx: tx.people.all())
    assert [(one.slug, one.role) for one in people if one.slug == "max"] == [("max", Role.ADMIN)]
    [entry] = [row for row in await chat.rows("audit") if row["action"] == "claim"]
    assert (json.loads(entry["before"]), json.loads(entry["after"])) == ({"role": "manager"}, {"role": "admin"})


# -- invites ----------------------------------------------------------------------


async def test_an_invite_signs_its_person_in_once(chat):
    boss = await chat.boss()
    link = await boss.invite("olga")
    phone, thief = await chat.device(), await chat.device()
    assert (await phone.look(link)).body == {"purpose": "invite", "name": "Olga"}
    joined = await phone.join(link)
    assert joined.status == 200
    assert await phone.who() == "olga"
    second = await thief.join(link)
    assert second.status == 410
    assert "used already" in second.body["error"]
    assert await thief.who() is None


async def test_eight_at_once_get_one_session(chat):
    link = await (await chat.boss()).invite("olga")
    devices = [await chat.device() for _ in range(8)]
    answers = await asyncio.gather(*(device.join(link) for device in devices))
    assert sorted(answer.status for answer in answers if answer.status != 429).count(200) == 1
    assert {answer.status for answer in answers} <= {200, 410, 429}


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "PUT", "DELETE"])
async def test_looking_at_a_link_does_not_use_it_up(chat, method):
    """Chats open links to draw previews; scanners open them to judge them."""
    link = await (await chat.boss()).invite("olga")
    preview = await chat.device()
    for path in ("/chat/join", f"/chat/join?code={code_of(link)}", f"/chat/api/join?code={code_of(link)}"):
        await preview.call(method, path)
    await preview.look(link)
    assert (await (await chat.device()).join(link)).status == 200


async def test_an_old_link_is_refused(chat):
    boss = await chat.boss()
    link = await boss.invite("olga")
    await chat.later(hours=24)
    answer = await (await chat.device()).join(link)
    assert answer.status == 410
    assert "24 hours" in answer.body["error"]


async def test_a_link_is_good_until_its_last_second(chat):
    link = await (await chat.boss()).invite("olga")
    await chat.later(hours=23, minutes=59, seconds=59)
    assert (await (await chat.device()).join(link)).status == 200


async def test_a_newer_invite_makes_the_older_one_void(chat):
    boss = await chat.boss()
    older, newer = await boss.invite("olga"), await boss.invite("olga")
    assert (await (await chat.device()).join(older)).status == 404
    assert (await (await chat.device()).join(newer)).status == 200


async def test_an_invite_of_one_is_not_touched_by_anothers(chat):
    boss = await chat.boss()
    first = await boss.invite("olga")
    await boss.invite("max")
    assert (await (await chat.device()).join(first)).status == 200


@pytest.mark.parametrize("body", [{}, {"code": 5}, {"code": "x" * 101}, {"code": None}, []])
async def test_a_body_that_is_no_code_is_said(chat, body):
    answer = await (await chat.device()).post("/chat/api/join", body)
    assert answer.status == 400
    assert answer.body["error"]


async def test_nobody_invites_above_themselves(chat):
    boss = await chat.boss()
    manager = await chat.member("max", boss)
    refused = await manager.say("/invite boss")
    assert refused.status == 403
    assert "admin" in refused.body["error"]
    assert (await manager.say("/invite olga")).status == 200
    operator = await chat.member("olga", boss)
    assert (await operator.say("/invite vera")).status == 403
    assert (await boss.say("/invite nobody")).status == 404


async def test_an_invite_made_for_less_does_not_let_anybody_in_as_more(chat):
    """A manager invites an operator and keeps the link; the operator becomes admin."""
    boss = await chat.boss()
    manager = await chat.member("max", boss)
    link = await manager.invite("olga")
    await boss.ok("/grant olga admin")
    assert (await manager.join(link)).status == 404
    assert await manager.who() == "max"
    link = await boss.invite("olga")
    await boss.ok("/grant olga operator")
    assert (await (await chat.device()).join(link)).status == 200, "a role that falls makes no invite void"


async def test_no_code_cookie_or_link_is_kept_anywhere(chat, tmp_path, capfd):
    boss = await chat.boss()
    link = await boss.invite("olga")
    phone = await chat.device()
    await phone.join(link)
    await phone.ok("/sessions")
    told = capfd.readouterr()
    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir() if path.is_file())
    for secret in (code_of(link), code_of(chat.app.first_admin_link), boss.cookie, phone.cookie):
        assert secret.encode() not in kept
        assert secret not in told.out + told.err
    assert len(boss.cookie) >= 40


# -- sessions ---------------------------------------------------------------------


async def test_the_cookie_is_for_this_server_alone_and_no_script(chat):
    device = await chat.device()
    answer = await device.join(chat.app.first_admin_link, "Boss")
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert "Path=/" in cookie
    assert "Domain" not in cookie
    assert f"Max-Age={90 * 86400}" in cookie
    assert device.cookie not in json.dumps(answer.body)


async def test_behind_tls_the_cookie_is_secure_and_nobody_elses(tmp_path):
    async with team(tmp_path, public_url="https://chat.example.com") as chat:
        assert chat.app.first_admin_link.startswith("https://chat.example.com/chat/join#")
        device = await chat.device()
        heads = {"Host": "chat.example.com", "Origin": "https://chat.example.com"}
        body = {"code": code_of(chat.app.first_admin_link), "name": "Boss"}
        answer = await device.call("POST", "/chat/api/join", json=body, headers=heads)
        assert answer.status == 200
        cookie = answer.headers["Set-Cookie"]
        assert cookie.startswith("__Host-showcaller=")
        assert "Secure" in cookie
        plain = {"Host": "chat.example.com", "Origin": "http://chat.example.com"}
        assert (await device.call("POST", "/chat/api/join", json=body, headers=plain)).status == 403


@pytest.mark.parametrize("url", ["http://[fd00::2]", "http://chat.local", "http://[fd00::2]:8765"])
async def test_any_public_address_makes_a_cookie_that_browsers_take(tmp_path, url):
    async with team(tmp_path, public_url=url) as chat:
        boss = await chat.boss()
        assert await boss.who() == "boss"
        [name] = [morsel.key for morsel in boss.http.cookie_jar]
        assert name in ("showcaller-80", "showcaller-8765")


@pytest.mark.parametrize("change", [lambda c: c[:-1], lambda c: c + "x", lambda _: "", str.swapcase, str.upper])
async def test_a_cookie_that_was_tampered_with_is_nobody(chat, change):
    boss = await chat.boss()
    name = next(morsel.key for morsel in boss.http.cookie_jar)
    stranger = await chat.device()
    answer = await stranger.get("/chat/api/me", Cookie=f"{name}={change(boss.cookie)}")
    assert answer.status == 401
    assert "not signed in" in answer.body["error"]
    assert (await stranger.get("/chat/api/me", Cookie=f"{name}={boss.cookie}")).status == 200


async def test_a_cookie_of_odd_bytes_is_nobody_and_no_error(chat):
    boss = await chat.boss()
    name = next(morsel.key for morsel in boss.http.cookie_jar)
    reader, writer = await asyncio.open_connection("127.0.0.1", chat.app.web.port)
    head = f"GET /chat/api/me HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nCookie: {name}=".encode()
    writer.write(head + b"\xff\xed\xa0\x80x\r\n\r\n")
    assert (await reader.read()).startswith(b"HTTP/1.1 401")
    writer.close()


async def test_a_browser_that_names_itself_in_odd_bytes_gets_in(chat):
    boss = await chat.boss()
    body = json.dumps({"code": code_of(await boss.invite("olga"))})
    reader, writer = await asyncio.open_connection("127.0.0.1", chat.app.web.port)
    host = chat.base.removeprefix("http://")
    head = f"POST /chat/api/join HTTP/1.1\r\nHost: {host}\r\nOrigin: {chat.base}\r\nContent-Length: {len(body)}\r\n"
    writer.write(head.encode() + b"Connection: close\r\nUser-Agent: \xff\xed\xa0\x80\r\n\r\n" + body.encode())
    assert (await reader.read()).startswith(b"HTTP/1.1 200")
    writer.close()


async def test_a_session_that_somebody_prepared_is_not_taken_over(chat):
    """Session fixation: whatever cookie a browser comes with, joining gives it another."""
    boss = await chat.boss()
    name = next(morsel.key for morsel in boss.http.cookie_jar)
    for planted in ("planted", boss.cookie):
        victim = await chat.device()
        body = {"code": code_of(await boss.invite("olga"))}
        answer = await victim.call("POST", "/chat/api/join", json=body, headers={"Cookie": f"{name}={planted}"})
        assert answer.status == 200
        assert planted not in answer.headers["Set-Cookie"]
        assert await victim.who() == "olga"
        who = await (await chat.device()).get("/chat/api/me", Cookie=f"{name}={planted}")
        assert who.status == 401, "the one planted must be worth nothing after it"


async def test_signing_in_as_somebody_else_ends_what_was(chat):
    boss = await chat.boss()
    phone = await chat.member("olga", boss)
    before = phone.cookie
    name = next(morsel.key for morsel in phone.http.cookie_jar)
    assert (await phone.join(await boss.invite("vera"))).status == 200
    assert await phone.who() == "vera"
    assert (await (await chat.device()).get("/chat/api/me", Cookie=f"{name}={before}")).status == 401


async def test_unused_it_ends_after_two_weeks(chat):
    boss = await chat.boss()
    await chat.later(days=13, hours=23, minutes=58)
    assert await boss.who() == "boss"
    await chat.later(days=13, hours=23, minutes=58)
    assert await boss.who() == "boss", "being used must put the end off"
    await chat.later(days=14)
    assert await boss.who() is None


async def test_used_it_ends_after_ninety_days(chat):
    boss = await chat.boss()
    for _ in range(89):
        await chat.later(days=1)
        assert await boss.who() == "boss"
    await chat.later(hours=23, minutes=59)
    assert await boss.who() == "boss"
    await chat.later(minutes=1)
    assert await boss.who() is None


async def test_being_used_is_written_down_once_a_minute(chat):
    boss = await chat.boss()
    start = chat.app.clock.now()
    for second in range(0, 180, 20):
        await boss.who()
        [row] = await chat.rows("web_sessions")
        assert datetime.fromisoformat(row["seen_at"]) == start + timedelta(seconds=second // 60 * 60)
        await chat.later(seconds=20)


async def test_signing_out_here_ends_this_session_alone(chat):
    boss = await chat.boss()
    phone, desk = await chat.member("olga", boss), await chat.member("olga", boss)
    answer = await phone.post("/chat/api/signout", {})
    assert answer.status == 200
    assert "Max-Age=0" in answer.headers["Set-Cookie"]
    assert (await phone.who(), await desk.who()) == (None, "olga")


async def test_sessions_are_listed_and_ended_one_by_one(chat):
    boss = await chat.boss()
    phone = await chat.member("olga", boss)
    desk = await chat.member("olga", boss, agent="Mozilla/5.0 (Windows NT 10.0) Firefox/131.0")
    listed = (await desk.get("/chat/api/sessions")).body["sessions"]
    assert [(row["device"], row["here"]) for row in listed] == [("Firefox, Windows", True), ("Chrome, Android", False)]
    assert (await desk.post("/chat/api/signout", {"session": listed[1]["id"]})).body["ended"] == 1
    assert (await phone.who(), await desk.who()) == (None, "olga")
    [mine] = (await boss.get("/chat/api/sessions")).body["sessions"]
    assert (await desk.post("/chat/api/signout", {"session": mine["id"]})).status == 404, "somebody else's"
    assert await boss.who() == "boss"


async def test_typed_sessions_have_buttons_that_end_them(chat):
    boss = await chat.boss()
    phone, desk = await chat.member("olga", boss), await chat.member("olga", boss)
    shown = (await desk.ok("/sessions")).body["reply"]
    assert shown["private"]
    assert len(shown["buttons"]) == 2
    body = {"message_id": shown["id"], "button_id": shown["buttons"][1]["id"]}
    async with phone.socket() as socket:
        pressed = await desk.post("/chat/api/press", body)
        assert await hears_its_end(socket) == SIGNED_OUT
    assert (pressed.status, pressed.body["notice"]) == (200, "Olga is signed out of 1 session.")
    assert (await phone.who(), await desk.who()) == (None, "olga")
    assert (await desk.post("/chat/api/press", body)).status == 404
    assert (await boss.post("/chat/api/press", body)).status in (400, 404), "a button in somebody else's answer"


async def hears_its_end(socket):
    while True:
        frame = await socket.receive(timeout=20)
        if frame.type.name == "CLOSE":
            return frame.data


@pytest.mark.parametrize("way", ["page", "typed", "manager"])
async def test_signing_out_everywhere_closes_every_page_at_once(chat, way):
    boss = await chat.boss()
    phone, desk = await chat.member("olga", boss), await chat.member("olga", boss)
    async with phone.socket() as one, desk.socket() as two, boss.socket() as other:
        if way == "page":
            assert (await desk.post("/chat/api/signout", {"everywhere": True})).body["ended"] == 2
        elif way == "typed":
            assert (await desk.ok("/signout")).body["reply"]["text"] == "Olga is signed out of 2 sessions."
        else:
            assert (await boss.ok("/signout person=olga")).body["reply"]["text"] == "Olga is signed out of 2 sessions."
        assert await hears_its_end(one) == SIGNED_OUT
        assert await hears_its_end(two) == SIGNED_OUT
        await boss.ok("Good evening")
        assert "Good evening" in json.dumps(
            [await other.receive_json(timeout=20) for _ in range(4 if way == "manager" else 2)]
        )
    assert (await phone.who(), await desk.who(), await boss.who()) == (None, None, "boss")


async def test_a_page_left_open_hears_nothing_once_its_session_has_run_out(chat):
    boss = await chat.boss()
    phone = await chat.member("olga", boss)
    async with phone.socket() as socket:
        await socket.receive_json(timeout=20)
        for _ in range(7):
            await chat.later(days=2)
            await boss.who()
        await boss.ok("After the end")
        assert await hears_its_end(socket) == SIGNED_OUT


async def test_who_may_sign_others_out(chat):
    boss = await chat.boss()
    operator, manager = await chat.member("olga", boss), await chat.member("max", boss)
    refused = await operator.say("/signout person=max")
    assert refused.status == 403
    assert "admin" in refused.body["error"], "a manager's sessions are ended by an admin, as their role is"
    refused = await operator.say("/signout person=vera")
    assert "manager" in refused.body["error"]
    assert (await manager.say("/signout person=boss")).status == 403
    assert (await manager.say("/signout person=max")).status == 200
    manager = await chat.member("max", boss)
    assert (await operator.say("/signout person=olga")).status == 200
    assert (await boss.who(), await manager.who(), await operator.who()) == ("boss", "max", None)


async def test_what_happened_is_in_the_audit(chat):
    boss = await chat.boss()
    phone = await chat.member("olga", boss)
    await phone.post("/chat/api/signout", {})
    await boss.ok("/signout person=olga")
    rows = [(row["action"], row["actor"], row["subject"]) for row in await chat.rows("audit")]
    assert rows == [
        ("claim", "boss", "boss"), ("signin", "boss", "boss"), ("invite", "boss", "olga"),
        ("signin", "olga", "olga"), ("signout", "olga", "olga"),
    ]  # fmt: skip
    shown = (await boss.ok("/audit")).body["reply"]["text"]
    assert "Chrome, Android" in shown


async def test_a_role_taken_away_counts_at_once(chat):
    boss = await chat.boss()
    manager = await chat.member("max", boss)
    async with manager.socket() as socket:
        await socket.receive_json(timeout=20)
        await boss.ok("For managers", "managers")
        assert "For managers" in json.dumps(await socket.receive_json(timeout=20))
        await chat.app.store.write(lambda tx: tx.people.save(Person("max", "Max", Role.OPERATOR)))
        await boss.ok("No more", "managers")
        await boss.ok("For all", "team")
        assert "For all" in json.dumps(await socket.receive_json(timeout=20))
    assert (await manager.get("/chat/api/messages?channel=managers")).status == 403
    assert (await manager.say("/invite vera")).status == 403


# -- without sign-in --------------------------------------------------------------


async def test_without_a_sign_in_the_commands_say_how_to_have_one(bot):
    for line in ("/invite olga", "/sessions", "/signout"):
        answer = await bot.say(line)
        assert answer.status == 409
        assert "sign_in = true" in answer.text
    async with bot.http.get(f"{bot.chat}/chat/join") as response:
        assert response.status == 404
