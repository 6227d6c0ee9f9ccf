"""The web chat with a sign-in, from outside: names, origins, missing sessions, too many tries, channels of a role."""

from __future__ import annotations

import asyncio
import contextlib
import json
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.chat.web.access import channels_of
from bot.chat.web.brake import ALL, EACH, WINDOW, Brake, TooManyError
from bot.core.model import Person, Role
from tests.signed_in import team

PRIVATE = (
    "/chat/api/me", "/chat/api/people", "/chat/api/channels", "/chat/api/guide", "/chat/api/messages?channel=team",
    "/chat/api/complete?text=/", "/chat/api/sessions", "/chat/files/chart.png", "/chat/ws",
)  # fmt: skip
ACTS = ("/chat/api/say", "/chat/api/press", "/chat/api/pick", "/chat/api/signout")


@pytest.fixture
async def chat(tmp_path):
    async with team(tmp_path) as running:
        yield running


# -- who is nobody ----------------------------------------------------------------


@pytest.mark.parametrize("headers", [{}, {"X-Showcaller-As": "boss"}, {"Cookie": "showcaller=x"}])
async def test_without_a_session_nothing_private_is_told_or_done(chat, headers):
    boss = await chat.boss()
    stranger = await chat.device()
    for path in (*PRIVATE, *ACTS):
        method = "POST" if path in ACTS else "GET"
        body = {"json": {"channel": "team", "text": "hi", "person": "boss"}} if method == "POST" else {}
        answer = await stranger.call(method, f"{path}{'&' if '?' in path else '?'}as=boss", headers=headers, **body)
        assert answer.status == 401, (path, answer.body)
        assert set(answer.body) == {"error", "try"}
    assert (await boss.get("/chat/api/messages?channel=team")).body["messages"] == []


async def test_the_page_and_its_words_are_for_everybody(chat):
    stranger = await chat.device()
    for path in ("/chat/", "/chat/join", "/chat/static/join.js", "/chat/static/join.css"):
        assert (await stranger.get(path)).status == 200, path
    welcome = await stranger.get("/chat/api/welcome", Accept_Language="zh-CN,zh;q=0.9,en;q=0.8")
    assert (welcome.body["language"], welcome.body["team"]) == ("zh-CN", "Dewlight")
    assert all(key.startswith("web.") for key in welcome.body["strings"])
    told = (await stranger.post("/chat/api/join", {"code": "x"}, Accept_Language="zh")).body["error"]
    assert "链接" in told


async def test_a_header_does_not_make_somebody_else_of_a_session(chat):
    boss = await chat.boss()
    operator = await chat.member("olga", boss)
    answer = await operator.get("/chat/api/me?as=boss", X_Showcaller_As="boss")
    assert answer.body["person"]["id"] == "olga"
    assert (await operator.post("/chat/api/pick", {"person": "boss"})).status == 403
    assert (await operator.get("/chat/api/people")).body["switchable"] is False


async def test_answers_are_kept_in_no_cache(chat):
    boss = await chat.boss()
    await chat.app.store.write(lambda tx: tx.files.save("chart.png", "image/png", b"png"))
    for path in (*PRIVATE[:-1], "/chat/api/welcome", "/chat/api/nothing"):
        headers = (await boss.get(path)).headers
        kept = [headers[name] for name in ("Cache-Control", "X-Content-Type-Options", "Referrer-Policy")]
        assert kept == ["no-store", "nosniff", "no-referrer"], path


async def test_pages_run_nothing_of_anybody_else_and_sit_in_no_frame(chat):
    for path in ("/chat/", "/chat/join", "/chat/static/app.js"):
        headers = (await (await chat.device()).get(path)).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert (headers["Referrer-Policy"], headers["X-Content-Type-Options"]) == ("no-referrer", "nosniff")


# -- from where -------------------------------------------------------------------


async def test_a_host_that_is_not_ours_is_refused(tmp_path):
    """A name of somebody else that points here: DNS rebinding."""
    hosts = ("evil.example", "evil.example:8765", "chat.example.com.evil", "192.168.1.5:8765", "[", "[::2]", "1.1", "")
    async with team(tmp_path, names=["chat.example.com"]) as chat:
        boss = await chat.boss()
        for host in hosts:
            for method, path in (("GET", "/chat/api/me"), ("GET", "/chat/"), ("POST", "/chat/api/say")):
                answer = await boss.call(method, path, headers={"Host": host, "Origin": None})
                assert answer.status in (400, 403), (host, answer.body)


@pytest.mark.parametrize("host", ["chat.example.com", "CHAT.example.com:8765", "127.0.0.2:{port}", "localhost"])
async def test_names_that_were_set_and_addresses_it_listens_on_are_ours(tmp_path, host):
    async with team(tmp_path, names=["chat.example.com"], listen="0.0.0.0") as chat:
        here = f"http://127.0.0.2:{chat.app.web.port}" if host.startswith("127") else chat.base
        named = host.format(port=chat.app.web.port)
        device = await chat.device(base=here)
        heads = {"Host": named, "Origin": f"http://{named}"}
        assert (await device.call("GET", "/chat/api/welcome", headers=heads)).status == 200


async def test_an_address_that_is_somebody_elses_is_not_ours_even_on_all_of_them(tmp_path):
    async with team(tmp_path, listen="0.0.0.0") as chat:
        device = await chat.device(base=f"http://127.0.0.2:{chat.app.web.port}")
        heads = {"Host": f"127.0.0.3:{chat.app.web.port}", "Origin": None}
        refused = await device.call("GET", "/chat/api/welcome", headers=heads)
        assert refused.status == 403
        assert "web.names" in refused.body["error"]


async def test_another_origin_changes_nothing(chat):
    boss = await chat.boss()
    for origin in ("http://evil.example", "null", "http://127.0.0.1:1", "https://127.0.0.1", "file://", "http://[", ""):
        for path in (*ACTS, "/chat/api/join", "/chat/api/join/look"):
            answer = await boss.post(path, {"channel": "team", "text": "hi"}, Origin=origin)
            assert (answer.status, answer.body["error"]) == (403, "requests from other origins are refused"), path
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await boss.socket(Origin=origin)
        assert refused.value.status == 403
    assert (await boss.get("/chat/api/messages?channel=team")).body["messages"] == []


async def test_a_missing_origin_changes_nothing_either(chat):
    boss = await chat.boss()
    for path in (*ACTS, "/chat/api/join", "/chat/api/join/look"):
        answer = await boss.post(path, {"channel": "team", "text": "hi"}, Origin=None)
        assert answer.status == 403
        assert "Origin" in answer.body["error"]
    cookies = {morsel.key: morsel.value for morsel in boss.http.cookie_jar}
    async with aiohttp.ClientSession(cookies=cookies) as bare:
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await bare.ws_connect(f"{chat.base}/chat/ws")
    assert refused.value.status == 403
    assert (await boss.get("/chat/api/me", Origin=None)).status == 200, "browsers send none with a plain GET"


async def test_a_socket_without_a_session_is_refused(chat):
    stranger = await chat.device()
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await stranger.socket()
    assert refused.value.status == 401


# -- guessing ---------------------------------------------------------------------


async def guesses(device, count, path="/chat/api/join", **headers):
    answers = [await device.post(path, {"code": f"guess{n}", "name": "x"}, **headers) for n in range(count)]
    return [answer.status for answer in answers]


@pytest.mark.parametrize("path", ["/chat/api/join", "/chat/api/join/look"])
async def test_five_wrong_codes_and_the_address_has_to_wait(chat, path):
    boss = await chat.boss()
    link = await boss.invite("olga")
    device = await chat.device()
    assert await guesses(device, EACH + 2, path) == [404] * EACH + [429] * 2
    await chat.later(minutes=5)
    stopped = await device.join(link)
    assert (stopped.status, stopped.headers["Retry-After"]) == (429, "600")
    assert stopped.body["error"] == "Too many wrong codes came from your network. Try again in 10 min."
    assert await boss.who() == "boss", "who is signed in is not disturbed"
    await chat.later(minutes=10)
    assert (await device.join(link)).status == 200


async def test_a_burst_at_once_is_counted_too(chat):
    device = await chat.device()
    answers = await asyncio.gather(*(device.post("/chat/api/join", {"code": f"g{n}"}) for n in range(30)))
    assert sorted(answer.status for answer in answers) == [404] * EACH + [429] * 25


async def test_links_that_were_ours_are_no_guesses(chat):
    boss = await chat.boss()
    link = await boss.invite("olga")
    device = await chat.device()
    await device.join(link)
    for _ in range(EACH + 3):
        assert (await device.join(link)).status == 410
        assert (await device.look(link)).status == 410
    assert (await device.join(await boss.invite("vera"))).status == 200


async def test_addresses_are_counted_apart_and_a_stranger_cannot_invent_them(tmp_path):
    async with team(tmp_path, listen="0.0.0.0") as chat:
        one = await chat.device(base=f"http://127.0.0.1:{chat.app.web.port}")
        statuses = [
            (await one.post("/chat/api/join", {"code": "x"}, X_Forwarded_For=f"10.0.0.{n}")).status for n in range(7)
        ]
        assert statuses == [404] * EACH + [429] * 2
        connector = aiohttp.TCPConnector(local_addr=("127.0.0.9", 0))
        async with aiohttp.ClientSession(connector=connector) as elsewhere:
            other = await chat.device(http=elsewhere)
            assert await guesses(other, 1) == [404]


async def test_behind_a_proxy_of_ours_the_client_it_names_is_counted(tmp_path):
    async with team(tmp_path, trusted_proxies=["127.0.0.1", "10.0.0.1"]) as chat:
        device = await chat.device()
        invented = "1.1.1.1, 203.0.113.7, 10.0.0.1"
        assert await guesses(device, 6, X_Forwarded_For=invented) == [404] * EACH + [429]
        assert await guesses(device, 1, X_Forwarded_For="9.9.9.9, 203.0.113.7") == [429]
        assert await guesses(device, 1, X_Forwarded_For="203.0.113.8") == [404]
        assert await guesses(device, 6, X_Forwarded_For="2001:db8:1::5") == [404] * EACH + [429]
        assert await guesses(device, 1, X_Forwarded_For="2001:db8:1:0:9::1") == [429], "the same /64"
        assert await guesses(device, 1, X_Forwarded_For="nonsense") == [404], "the proxy itself"


AT = datetime(2027, 3, 12, tzinfo=UTC)


@given(st.lists(st.tuples(st.integers(0, 400), st.sampled_from("abcdefghij") | st.text(max_size=3)), max_size=300))
def test_the_brake_lets_no_window_have_more_than_it_may(tries):
    """Whoever tries, in whatever rhythm: at most EACH of one address and ALL together in any quarter of an hour."""
    brake, now, let = Brake(), AT, []
    for gap_s, address in tries:
        now += timedelta(seconds=gap_s)
        with contextlib.suppress(TooManyError):
            brake.take(address, now)
            let.append((now, address))
    for at, address in let:
        window = [who for when, who in let if at - WINDOW < when <= at]
        assert len(window) <= ALL
        assert window.count(address) <= EACH
    assert len(brake._tries) <= ALL


def test_all_together_have_a_limit_and_it_ends():
    brake = Brake()
    for n in range(ALL):
        brake.take(f"a{n}", AT + timedelta(seconds=n))
    with pytest.raises(TooManyError) as stop:
        brake.take("new", AT + timedelta(seconds=ALL))
    assert stop.value.wait_s == WINDOW.total_seconds() - ALL
    brake.take("new", AT + WINDOW)


# -- channels ---------------------------------------------------------------------

CHANNELS = {"vera": ["team"], "mia": ["team", "host"], "olga": ["team", "host"], "max": ["team", "host", "managers"]}


@pytest.mark.parametrize("person", CHANNELS)
async def test_a_role_reads_and_writes_its_channels_and_no_other(bot, person):
    """Without a sign-in too: whoever was picked sees what their role sees."""
    await bot.ok("/host add mia name=Mia")
    for channel in ("team", "host", "managers"):
        await bot.ok(f"for {channel}", channel=channel)
    heads = {"X-Showcaller-As": person}
    async with bot.http.get(f"{bot.chat}/chat/api/channels", headers=heads) as response:
        assert [row["id"] for row in (await response.json())["channels"]] == CHANNELS[person]
    for channel in ("team", "host", "managers"):
        status = 200 if channel in CHANNELS[person] else 403
        assert (await bot.say("/me", person, channel)).status == status
        assert (await bot.say("hello", person, channel)).status == status
        for path in (f"messages?channel={channel}", f"complete?channel={channel}&text=/"):
            async with bot.http.get(f"{bot.chat}/chat/api/{path}", headers=heads) as response:
                body = await response.json()
                assert response.status == status, (path, body)
        if status == 403:
            least = {"host": "host", "managers": "manager"}[channel]
            assert least in body["error"].lower()


async def test_a_socket_brings_what_its_persons_role_reads(bot):
    url = f"{bot.chat}/chat/ws?as="
    async with bot.http.ws_connect(f"{url}olga") as operator, bot.http.ws_connect(f"{url}max") as manager:
        await bot.ok("for managers", channel="managers")
        await bot.ok("for all")
        heard = [[await page.receive_json(timeout=20) for _ in range(n)] for page, n in ((operator, 2), (manager, 3))]
    assert "for managers" not in json.dumps(heard[0])
    assert "for all" in json.dumps(heard[0])
    assert "for managers" in json.dumps(heard[1])


async def test_somebody_without_a_role_finds_their_own_answers_and_nothing_else(bot):
    await bot.app.store.write(lambda tx: tx.people.save(Person("nora", "Nora", Role.NOBODY)))
    await bot.ok("for all")
    assert (await bot.say("hello", "nora")).status == 403
    assert (await bot.say("/help", "nora", "host")).status == 403
    answer = await bot.ok("/help", "nora")
    assert [line["text"] for line in await bot.messages(person="nora")] == ["/help", answer.text]


def test_every_role_has_its_channels():
    assert {role.name: channels_of(role) for role in Role} == {
        "NOBODY": ("team",), "VIEWER": ("team",), "HOST": ("team", "host"), "OPERATOR": ("team", "host"),
        "MANAGER": ("team", "host", "managers"), "ADMIN": ("team", "host", "managers"),
    }  # fmt: skip
