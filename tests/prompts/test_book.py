import re
import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import prompts
from bot.core.errors import NotFoundError, StartError
from bot.core.facts import Benefit, MissingTactic, ProductFacts, PromptLine, ShowFacts
from bot.core.model import Role
from bot.core.money import Money
from prompts.book import TACTICS, Book
from prompts.catalogue import Catalogues
from prompts.claims import PLACEHOLDERS
from prompts.pages import LANGUAGES

SHIPPED = Path(prompts.__file__).parent
BOOK = Book.load()
NOW = datetime(2027, 3, 12, 20, 40, tzinfo=UTC)
STEAMER = ProductFacts(
    "steam-1",
    "travel steamer",
    price=Money(2999, "USD"),
    list_price=Money(4500, "USD"),
    stock=12,
    limit_per_buyer=2,
    gifts=("storage bag",),
    selling_points=("heats up in 25 seconds", "fits in a carry-on."),
    ships_from="Los Angeles",
    warranty_days=365,
)
FULL = ShowFacts(
    "en",
    "USD",
    NOW,
    products=(STEAMER,),
    on_air="steam-1",
    benefits=(Benefit("a free steamer", 3, "like", 1000),),
    free_shipping_over=Money(5000, "USD"),
    shipping_days=5,
    returns_days=30,
)
EMPTY = ShowFacts("en", "USD", NOW)


def every_line(facts: ShowFacts, team: str = "zh-CN") -> list[PromptLine]:
    """All lines the facts support, each once."""
    found: dict[str, PromptLine] = {}
    for tactic in TACTICS:
        used: list[str] = []
        while (line := BOOK.another(tactic, facts, team_language=team, used=used)) and line.id not in found:
            used.append(line.id)
            found[line.id] = line
    return list(found.values())


def with_product(**changes: object) -> ShowFacts:
    return replace(FULL, products=(replace(STEAMER, **changes),))  # type: ignore[arg-type]


def test_full_facts_fill_every_line_of_every_tactic() -> None:
    assert {line.id for line in every_line(FULL)} == {line.id for lines in BOOK.lines.values() for line in lines}
    assert all(len(lines) >= 6 for lines in BOOK.lines.values())


def test_every_placeholder_is_used_by_some_line() -> None:
    assert {name for lines in BOOK.lines.values() for line in lines for name in line.needs} == PLACEHOLDERS


@pytest.mark.parametrize("language", LANGUAGES)
def test_lines_are_speakable_in_15_seconds(language: str) -> None:
    # 150 words or 260 characters a minute: an unhurried host.
    for line in every_line(replace(FULL, language=language)):
        words = len(re.findall(r"[\w$.,'-]*[A-Za-z0-9][\w$.,'-]*", line.text))
        han = len(re.findall(r"[\u4e00-\u9fff]", line.text))
        assert words / 150 * 60 + han / 260 * 60 <= 15, line.text


def test_an_offer_has_one_line_per_tactic() -> None:
    lines, missing = BOOK.offer(FULL, team_language="en", used=())
    assert [line.tactic for line in lines] == list(TACTICS)
    assert missing == ()
    assert (
        lines[0].text
        == "Let me answer one before you ask: why the travel steamer? Because of this: heats up in 25 seconds."
    )


def test_without_facts_only_questions_that_claim_nothing() -> None:
    lines, missing = BOOK.offer(EMPTY, team_language="en", used=())
    assert [line.tactic for line in lines] == ["low_threshold_question"]
    assert missing == (
        MissingTactic("self_qa", ("product", "selling_point")),
        MissingTactic("visible_benefit", ("benefit", "benefit_threshold")),
    )
    assert len([line for line in BOOK.lines["low_threshold_question"] if not line.needs]) >= 2


def test_missing_names_what_to_set() -> None:
    nothing_on_air = replace(FULL, on_air=None)
    bare = replace(EMPTY, products=(ProductFacts("s", "steamer"),), on_air="s", benefits=(Benefit("a gift"),))
    assert BOOK.offer(nothing_on_air, team_language="en", used=())[1] == (MissingTactic("self_qa", ("product",)),)
    assert BOOK.offer(bare, team_language="en", used=())[1] == (
        MissingTactic("self_qa", ("selling_point",)),
        MissingTactic("visible_benefit", ("benefit_threshold",)),
    )


def test_every_missing_fact_and_tactic_has_its_words() -> None:
    words = Catalogues.load().words["en"]
    assert {f"core.fact.{name}" for name in PLACEHOLDERS} <= set(words)
    assert {f"core.tactic.{name}" for name in TACTICS} <= set(words)


@pytest.mark.parametrize(
    ("facts", "absent"),
    [
        (with_product(stock=21), "qa-left"),
        (with_product(stock=0), "qa-left"),
        (with_product(stock=None), "qa-left"),
        (with_product(list_price=Money(2999, "USD")), "qa-list-price"),
        (with_product(list_price=Money(4500, "EUR")), "qa-list-price"),
        (with_product(price=None), "qa-list-price"),
        (with_product(price=None), "qa-price"),
        (with_product(limit_per_buyer=0), "qa-limit"),
        (with_product(gifts=(" ",)), "qa-gift"),
        (with_product(selling_points=("", "  ")), "qa-why"),
        (replace(FULL, free_shipping_over=None), "qa-free-shipping"),
        (replace(FULL, benefits=(Benefit("a gift", until=NOW, threshold_kind="like", threshold_n=9),)), "goal-plain"),
        (replace(FULL, benefits=(Benefit("a gift", threshold_kind="order", threshold_n=9),)), "goal-plain"),
        (replace(FULL, benefits=(Benefit("a gift", 0, "like", 9),)), "goal-plain"),
    ],
)
def test_a_line_that_would_be_untrue_is_never_offered(facts: ShowFacts, absent: str) -> None:
    offered = {line.id for line in every_line(facts)}
    assert absent not in offered
    assert absent in {line.id for line in every_line(FULL)}


def test_goal_and_benefit_come_from_one_promise() -> None:
    plain, counted = Benefit("a coupon"), Benefit("a draw", 5, "comment", 1200, NOW + timedelta(hours=1))
    lines = every_line(replace(FULL, benefits=(plain, counted)))
    said = next(line.text for line in lines if line.id == "goal-plain")
    assert said == "Here's our goal: 1,200 comments. When we get there: a draw, 5 in total."


@given(
    st.builds(
        ProductFacts,
        sku=st.just("s"),
        name=st.just("steamer"),
        price=st.none() | st.builds(Money, st.integers(1, 10**7), st.sampled_from(["USD", "JPY", "IDR", "GBP"])),
        list_price=st.none() | st.builds(Money, st.integers(1, 10**7), st.sampled_from(["USD", "JPY", "IDR", "GBP"])),
        stock=st.none() | st.integers(0, 10**5),
        limit_per_buyer=st.none() | st.integers(0, 99),
        selling_points=st.just(("quiet",)),
        warranty_days=st.none() | st.integers(0, 2000),
    ),
    st.none() | st.integers(0, 90),
    st.sampled_from(LANGUAGES),
)
def test_every_figure_in_a_line_is_in_the_facts(product: ProductFacts, returns_days: int | None, language: str) -> None:
    facts = ShowFacts(language, "USD", NOW, products=(product,), on_air="s", returns_days=returns_days)
    known: set[float] = {1, 2}  # choice labels
    for amount in (product.price, product.list_price):
        known |= {float(amount.amount), round(amount.amount)} if amount else set()
    known |= {n for n in (product.stock, product.limit_per_buyer, product.warranty_days, returns_days) if n is not None}
    for line in every_line(facts, team="en" if language != "en" else "zh-CN"):
        for text in (line.text, line.gloss or ""):
            figures = {float(figure.replace(",", "")) for figure in re.findall(r"\d[\d,]*(?:\.\d+)?", text)}
            assert figures <= known, text


@given(st.text(st.characters(exclude_categories=["Z", "C"]), min_size=1).filter(lambda text: text.strip(".。")))
def test_names_are_inserted_literally(name: str) -> None:
    facts = replace(FULL, products=(replace(STEAMER, name=name + "x"),))
    asked = next(line for line in every_line(facts) if line.id == "ask-used-before")
    assert asked.text == f"Have you ever used something like the {name}x? Type 1 for yes, 2 for never."


def test_what_was_not_shown_comes_first_then_what_was_shown_longest_ago() -> None:
    first = [line.id for line in every_line(FULL) if line.tactic == "low_threshold_question"]
    assert first == [line.id for line in BOOK.lines["low_threshold_question"]]
    swapped = [first[1], first[0], *first[2:]]
    again, other = (
        BOOK.another("low_threshold_question", FULL, team_language="en", used=used) for used in (first, swapped)
    )
    assert (again and again.id, other and other.id) == (first[0], first[1])


def test_a_set_of_used_lines_gives_the_same_line_whatever_its_order() -> None:
    ids = [line.id for line in BOOK.lines["self_qa"]]
    assert BOOK.offer(FULL, team_language="en", used=set(ids)) == BOOK.offer(FULL, team_language="en", used=sorted(ids))


def test_the_next_selling_point_is_another() -> None:
    lines = [line.text for line in every_line(FULL)]
    assert "heats up in 25 seconds" in lines[0]
    assert "fits in a carry-on. If" in lines[1]


def test_another_is_never_the_line_to_be_replaced() -> None:
    shown = BOOK.offer(EMPTY, team_language="en", used=())[0][0]
    other = BOOK.another(shown.tactic, EMPTY, team_language="en", used=[shown.id, "qa-why"])
    assert other is not None
    assert other.id != shown.id
    only = replace(EMPTY, products=(ProductFacts("s", "steamer", warranty_days=30),), on_air="s")
    assert BOOK.another("self_qa", only, team_language="en", used=["qa-warranty"]) is None


def test_unknown_ids_of_older_books_are_passed_over() -> None:
    assert BOOK.offer(FULL, team_language="en", used=("gone",)) == BOOK.offer(FULL, team_language="en", used=())


@pytest.mark.parametrize(
    ("market", "team", "language", "has_gloss"),
    [("en-US", "zh-CN", "en", True), ("zh", "en", "zh-CN", True), ("id", "en", "en", False), ("th", "zh", "en", True)],
)
def test_lines_in_the_markets_language_with_the_teams_gloss(
    market: str, team: str, language: str, has_gloss: bool
) -> None:
    lines, _ = BOOK.offer(replace(FULL, language=market), team_language=team, used=())
    assert {line.language for line in lines} == {language}
    assert {line.gloss is not None for line in lines} == {has_gloss}
    assert bool(re.search(r"[\u4e00-\u9fff]", lines[0].text)) == (language == "zh-CN")
    assert not has_gloss or bool(re.search(r"[\u4e00-\u9fff]", lines[0].gloss or "")) == (language == "en")


def test_amounts_are_said_as_in_the_market_and_shown_clearly_to_the_team() -> None:
    line = next(line for line in every_line(FULL) if line.id == "qa-list-price")
    assert "$45. Here it's $29.99" in line.text
    assert "US$" not in line.text
    assert "US$45.00" in (line.gloss or "")
    abroad = next(line for line in every_line(replace(FULL, currency="AUD")) if line.id == "qa-price")
    assert "US$29.99" in abroad.text


def test_the_default_checklist_covers_every_section_and_has_its_words() -> None:
    items = BOOK.checklist()
    words = Catalogues.load().words
    wanted = {f"checklist.item.{item.key}" for item in items} | {f"checklist.section.{item.section}" for item in items}
    for language in LANGUAGES:
        assert wanted <= set(words[language])
        has = {key for key in words[language] if key.startswith(("checklist.item.", "checklist.section."))}
        assert has == wanted
    assert len({item.section for item in items}) == 11
    assert {item.auto for item in items} == {None, "prices_set", "rundown_complete", "host_assigned"}
    assert {item.owner for item in items} == {Role.HOST, Role.OPERATOR, Role.MANAGER}
    assert all(900 <= item.due_s <= 3600 for item in items), "between the posting (T-60) and the ping (T-15)"


def test_an_unknown_checklist_names_those_there_are() -> None:
    with pytest.raises(NotFoundError) as refused:
        BOOK.checklist("studio")
    assert Catalogues.load().say(refused.value.message, language="en") == (
        "There is no checklist template studio. Templates: default."
    )


LINE = '[[line]]\nid = "x"\nen = "{}"\nzh-CN = "{}"\n'


@pytest.mark.parametrize(
    ("file", "text", "why"),
    [
        ("self_qa", LINE.format("Hi {color}", "{color}"), "line 'x': unknown placeholder {color}"),
        ("self_qa", LINE.format("Hi {price}", "你好"), "line 'x': en and zh-CN must use the same placeholders"),
        ("self_qa", LINE.format("Hi {", "你好"), "line 'x': the text in en is wrong"),
        ("self_qa", LINE.format("Hi", " "), "line 'x': there is no text in zh-CN"),
        ("self_qa", '[[line]]\nid = "x"\nen = "Hi"\n', "line 'x': there is no text in zh-CN"),
        ("self_qa", LINE.format("Hi", "你好") + 'th = "x"\n', "line 'x': unknown key 'th'"),
        ("self_qa", LINE.format("Hi", "你好") + "stock_at_most = 5\n", "line 'x': stock_at_most is for lines"),
        (
            "self_qa",
            LINE.format("{stock}", "{stock}") + "stock_at_most = 5\n",
            "at least one line must have no condition",
        ),
        ("self_qa", LINE.format("Hi", "你好") + "stock_at_most = true\n", "line 'x': stock_at_most must be int"),
        ("self_qa", '[[line]]\nen = "Hi"\nzh-CN = "你好"\n', "line number 1: id is missing"),
        ("self_qa", LINE.format("Hi", "你好") * 2, "'x' stands twice"),
        ("self_qa", "line = [1]\n", "line number 1: must be a table"),
        ("self_qa", "", "line is missing"),
        ("self_qa", "[[", "cannot be read"),
        ("visible_benefit", LINE.format("Hi", "你好"), "[goals] must have exactly like, comment, follow"),
    ],
)
def test_a_broken_playbook_stops_the_start_and_is_named(tmp_path: Path, file: str, text: str, why: str) -> None:
    for part in ("playbook", "checklists"):
        shutil.copytree(SHIPPED / part, tmp_path / part)
    (tmp_path / "playbook" / f"{file}.toml").write_text(f'tactic = "{file}"\n{text}', "utf-8")
    with pytest.raises(StartError) as failed:
        Book.load(tmp_path)
    assert why in str(failed.value)
    assert "playbook" in str(failed.value)


ITEM = '[[item]]\nkey = "k"\nsection = "light"\nowner = "host"\nrequired = true\ndue_s = 60\n'


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (ITEM.replace('"host"', '"intern"'), "item 'k': owner 'intern' is unknown; use one of host, operator, manager"),
        (ITEM.replace('"light"', '"garden"'), "item 'k': section 'garden' is unknown"),
        (ITEM + 'auto = "magic"\n', "item 'k': auto 'magic' is unknown"),
        (ITEM.replace("60", "-60"), "item 'k': due_s counts back"),
        (ITEM.replace("60", '"60"'), "item 'k': due_s must be int"),
        (ITEM.replace("required = true\n", ""), "item 'k': required is missing"),
        (ITEM * 2, "'k' stands twice"),
    ],
)
def test_a_broken_checklist_stops_the_start_and_is_named(tmp_path: Path, text: str, why: str) -> None:
    shutil.copytree(SHIPPED / "playbook", tmp_path / "playbook")
    (tmp_path / "checklists").mkdir()
    (tmp_path / "checklists" / "default.toml").write_text(text, "utf-8")
    with pytest.raises(StartError) as failed:
        Book.load(tmp_path)
    assert why in str(failed.value)
    assert "checklists/default.toml" in str(failed.value)
