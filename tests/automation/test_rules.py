"""Rules: in order, once, in both languages, without loops, and tried before they are switched on."""

from __future__ import annotations

import pytest

from automation.engine import happened  # noqa: F401
from automation.models import Rule, RuleRun
from core.access.models import User
from core.action import registry
from core.actor import Actor
from core.record.write import Refused, create, update
from core.stamps import bump
from crm.models import Lead
from helpdesk.models import Ticket
from sandbox.running import Control
from social.models import Channel, Post
from tests.cast import page_of
from tests.flows.conftest import poll


def rule(name: str, *keywords: str, order: int = 100, department: str = "support", **more: object) -> Rule:
    values = {
        "module": "social.post",
        "event": "arrived",
        "action": "helpdesk.open_ticket",
        "active": True,
        "params": {"department": department},
    }
    made = Rule.objects.create(name_en=name, keywords=list(keywords), order=order, **{**values, **more})
    bump("rules")
    return made


def test_a_post_makes_one_ticket_however_many_rules_match(sandbox: Control, channel: Channel) -> None:
    """SOC-38: the first by order makes it; hits are shown on the rules."""
    rule("Late", "refund", order=20, department="sales")
    rule("First", "REFUND", "返金", order=10, department="billing")
    sandbox.say("liam_obrien", "@enishi_demo I want a refund. Refund!")
    poll()

    assert Ticket.objects.get().department == "billing"
    assert list(Rule.objects.order_by("order").values_list("name_en", "hits")) == [("First", 1), ("Late", 0)]
    assert list(RuleRun.objects.order_by("pk").values_list("rule__name_en", "outcome")) == [("First", "done"), ("Late", "skipped")]


@pytest.mark.parametrize(
    ("keywords", "mode", "excluded", "text", "fits"),
    [
        (["refund"], "word", [], "a REFUND please", True),
        (["refund"], "word", [], "refundable?", False),
        (["refund"], "part", [], "refundable?", True),
        (["返金"], "word", [], "返金してください", True),
        (["キャンセル"], "word", [], "ｷｬﾝｾﾙしたい", True),
        (["京都"], "word", ["東京都"], "東京都から", False),
        (["refund"], "word", ["joke"], "refund, just a joke", False),
        (["money back"], "word", [], "my Money  back", True),
        ([], "word", [], "anything", True),
    ],
)
def test_keywords_in_both_languages(  # noqa: PLR0913
    sandbox: Control, channel: Channel, keywords: list[str], mode: str, excluded: list[str], text: str, fits: bool
) -> None:
    """SOC-38: whole word or part, case and width folded, phrases, excluded words."""
    rule("Words", *keywords, mode=mode, excluded=excluded)
    sandbox.say("liam_obrien", f"@enishi_demo {text}")
    poll()

    assert Ticket.objects.exists() is fits


def test_criteria_and_a_rule_that_is_off(sandbox: Control, channel: Channel) -> None:
    """SOC-38: which kinds; off is off."""
    rule("Replies only", criteria={"all": [{"field": "kind", "op": "is", "value": ["reply"]}]})
    rule("Off", active=False)
    first = sandbox.say("liam_obrien", "@enishi_demo hello")
    poll()
    assert not Ticket.objects.exists()
    sandbox.say("emma_w_2026", "@enishi_demo hello too", reply_to=first["id"])
    poll()
    assert Ticket.objects.get().subject == "hello too"


def rename(lead: Lead, *, actor: Actor, company: str) -> Lead:
    return update(lead, actor=actor, company=company)


def refuse(lead: Lead, *, actor: Actor) -> Lead:
    update(lead, actor=actor, company="half done")
    raise Refused("Not this one.")


def crash(lead: Lead, *, actor: Actor) -> Lead:
    update(lead, actor=actor, company="half done")
    raise ZeroDivisionError


@pytest.fixture(autouse=True)
def own_actions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three actions for these tests alone: the registry is everybody's."""
    for function in (rename, refuse, crash):
        key = f"tests.{function.__name__}"
        monkeypatch.setitem(registry._actions, key, registry.Action(key, "crm.lead", key, "crm.lead:edit", function))


def test_rules_do_not_set_off_themselves_and_two_do_not_play_ping_pong(people: dict[str, User]) -> None:
    """AUT-1: what a rule makes does not trigger the same rule again."""
    rule("Ping", module="crm.lead", event="updated", action="tests.rename", params={"company": "ping"})
    rule("Pong", module="crm.lead", event="updated", action="tests.rename", params={"company": "pong"})
    lead = create("crm.lead", actor=Actor(people["ann"]), family_name="Lead")
    update(lead, actor=Actor(people["ann"]), job_title="Boss")

    assert Lead.objects.get().company in {"ping", "pong"}
    assert RuleRun.objects.count() <= 6


def test_an_action_that_fails_takes_nothing_with_it(people: dict[str, User]) -> None:
    """AUT-1: the record stands, the action's half is undone, the log says why."""
    rule("No", module="crm.lead", event="created", action="tests.refuse", params={})
    rule("Boom", module="crm.lead", event="created", action="tests.crash", params={})
    create("crm.lead", actor=Actor(people["ann"]), family_name="Lead", company="Whole")

    assert Lead.objects.get().company == "Whole"
    assert set(RuleRun.objects.values_list("outcome", "why")) == {("refused", "Not this one."), ("failed", "ZeroDivisionError")}


def test_those_who_look_after_the_app_are_told_of_a_rule_that_fails(people: dict[str, User]) -> None:
    """PLT-19: once a day for each rule, and nobody else is."""
    made = rule("Boom", module="crm.lead", event="created", action="tests.crash", params={})

    for name in ("One", "Two"):
        create("crm.lead", actor=Actor(people["ann"]), family_name=name)

    told = {name: page_of(user).get("/me/notifications/").context["items"] for name, user in people.items()}
    assert [(one.text, one.url) for one in told.pop("root")] == [("A rule fails: Boom", f"/social/settings/rules/{made.pk}")]
    assert not any(told.values())


def test_they_are_told_of_a_rule_whose_values_no_longer_fit(people: dict[str, User], sandbox: Control, channel: Channel) -> None:
    """PLT-19, SOC-38: a department that is gone: customers' posts become no tickets, and nobody would notice."""
    made = rule("All", department="gone")
    sandbox.say("liam_obrien", "@enishi_demo hello")
    poll()

    assert (RuleRun.objects.get().outcome, Ticket.objects.count()) == ("refused", 0)
    told = page_of(people["root"]).get("/me/notifications/").context["items"]
    assert [(one.text, one.url) for one in told] == [("A rule fails: All", f"/social/settings/rules/{made.pk}")]


def test_a_rule_is_tried_on_past_posts_and_then_made(people: dict[str, User], sandbox: Control, channel: Channel) -> None:
    """SOC-38: the test box marks what it would have caught; nothing is made by it."""
    root = page_of(people["root"])
    values = {
        "module": "social.post", "action": "helpdesk.open_ticket", "name_en": "Shipping", "keywords": "ship、替え刃",
        "excluded": "", "mode": "word", "order": "5", "active": "on", "if_kind": ["mention", "reply", "post"],
        "do-department": "sales", "do-priority": "low",
    }  # fmt: skip
    tried = root.post("/social/settings/rules/new", {**values, "try": "1"}).content.decode()
    assert "2 of the last 16 messages." in tried or "2 of the last" in tried
    assert "<mark>ship</mark>" in tried
    assert "<mark>替え刃</mark>" in tried
    assert not Rule.objects.exists()
    assert not Ticket.objects.exists()

    assert root.post("/social/settings/rules/new", values).status_code == 302
    made = Rule.objects.get()
    assert (made.keywords, made.params, made.criteria, made.order) == (
        ["ship", "替え刃"],
        {"department": "sales", "priority": "low"},
        {"all": [{"field": "kind", "op": "is", "value": ["mention", "reply", "post"]}]},
        5,
    )
    assert "Shipping" in root.get("/social/settings/rules/").content.decode()
    root.post(f"/social/settings/rules/{made.pk}/switch", {"active": "0"})
    root.post(f"/social/settings/rules/{made.pk}/switch", {"active": "0"})
    assert Rule.objects.get().active is False

    wrong = root.post("/social/settings/rules/new", {**values, "name_en": "", "do-department": "nowhere"})
    assert wrong.status_code == 422
    assert "替え刃" in wrong.content.decode()


def test_only_who_holds_the_right_sees_rules(people: dict[str, User], sandbox: Control, channel: Channel) -> None:
    """SOC-38: app admins only."""
    made = rule("Mine", "x")
    ann = page_of(people["ann"])
    paths = ("/social/settings/rules/", "/social/settings/rules/new", f"/social/settings/rules/{made.pk}")
    assert [ann.get(path).status_code for path in paths] == [403, 403, 403]
    assert ann.post(f"/social/settings/rules/{made.pk}/switch", {"active": "0"}).status_code == 403
    assert Rule.objects.get().active is True
    assert "Ticket creation" not in ann.get("/social/settings/channels/").content.decode()


def test_user_text_is_escaped_in_the_test_box(people: dict[str, User], sandbox: Control, channel: Channel) -> None:
    """H5: marks are ours, the rest is theirs."""
    sandbox.say("liam_obrien", "@enishi_demo <script>alert(1)</script> refund")
    poll()
    made = rule("Refunds", "refund")
    body = page_of(people["root"]).post(
        f"/social/settings/rules/{made.pk}",
        {"name_en": "R", "keywords": "refund", "mode": "word", "order": "1", "do-department": "support", "do-priority": "low", "try": "1"},
    )
    assert "&lt;script&gt;alert(1)&lt;/script&gt; <mark>refund</mark>" in body.content.decode()
    assert Post.objects.filter(text__contains="<script>").exists()
