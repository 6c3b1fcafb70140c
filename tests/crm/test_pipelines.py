"""Several pipelines, each with stages of its own (CRM-5): how deals move in them, how an admin makes them, their boards."""

from __future__ import annotations

from typing import Any

import pytest
import time_machine

from core.actor import Actor
from core.event.models import Event
from core.field.choices import WITHIN, options
from core.field.models import Choice
from core.module.registry import module
from core.record import write
from core.stamps import bump
from core.work.jobs import drain
from crm.models import Deal, StageStay
from tests.crm.reports_cast import *  # noqa: F403
from tests.crm.reports_cast import (
    NOW,
    User,
    _english,  # noqa: F401
    client_of,
    count_of,
    person,
)

pytestmark = pytest.mark.django_db
PIPELINES, STAGES = "/admin_console/pipelines/", "/admin_console/fields/crm.deal/stage/values"


@pytest.fixture(autouse=True)
def _then() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def admin(roles: Any) -> User:
    made = person("mei", roles["lead"], profile="Administrator")
    made.level = "account"
    made.save()
    return made


@pytest.fixture
def partners(db: Any) -> None:
    """A second pipeline: one stage named as in the first, one of each kind."""
    Choice.objects.create(module="crm.deal", field="pipeline", value="partners", label_en="Partners", label_ja="パートナー", position=1)
    for position, (value, label, probability, kind) in enumerate(
        (
            ("p_talk", "Talk", 20, "open"),
            ("p_proposal", "Proposal", 60, "open"),
            ("p_signed", "Signed", 100, "won"),
            ("p_no", "No", 0, "lost"),
        )
    ):
        more = {"probability": probability, "type": kind, WITHIN: "partners"}
        Choice.objects.create(module="crm.deal", field="stage", value=value, label_en=label, position=30 + position, more=more)
    bump("fields")


def stands(deal: Any) -> tuple[str, str, int]:
    deal.refresh_from_db()
    return deal.pipeline, deal.stage, deal.probability


def test_a_stage_of_another_pipeline_takes_the_deal_there(partners: None, deal: Any, ann: User) -> None:
    """CRM-5: pipeline and probability follow the stage; history tells both."""
    one = deal(ann, "A", amount=100)

    write.update(one, actor=Actor(ann), stage="p_talk")

    assert stands(one) == ("partners", "p_talk", 20)
    assert Event.objects.get(kind="updated").changes == {"stage": ["qualification", "p_talk"], "pipeline": ["sales", "partners"]}


@pytest.mark.parametrize(
    ("before", "after"), [("proposal", "p_proposal"), ("qualification", "p_talk"), ("negotiation", "p_proposal"), ("won", "p_signed")]
)
def test_another_pipeline_maps_the_stage(partners: None, deal: Any, ann: User, before: str, after: str) -> None:
    """CRM-5: by its name, else by kind and nearest probability; the stay in the old stage ends and one in the new begins."""
    one = deal(ann, "A", stage=before)

    write.update(one, actor=Actor(ann), pipeline="partners")

    assert stands(one)[:2] == ("partners", after)
    assert list(StageStay.objects.filter(deal=one).order_by("pk").values_list("stage", flat=True)) == [before, after]
    assert Event.objects.get(kind="updated").changes["stage"] == [before, after]


def test_a_new_deal_in_a_pipeline_begins_in_one_of_its_stages(partners: None, deal: Any, ann: User) -> None:
    """CRM-5: named alone, the pipeline says the stage and the stage the pipeline."""
    assert stands(deal(ann, "A", pipeline="partners"))[:2] == ("partners", "p_talk")
    assert stands(deal(ann, "B", stage="p_signed"))[:2] == ("partners", "p_signed")
    assert stands(deal(ann, "C", pipeline="partners", stage="proposal"))[:2] == ("partners", "p_proposal")


def test_a_stage_and_a_pipeline_that_do_not_fit_are_refused(partners: None, deal: Any, ann: User) -> None:
    """CRM-5: both typed, and not of each other: a sentence at the stage, and nothing changed."""
    one = deal(ann, "A")
    write.update(one, actor=Actor(ann), stage="p_talk")

    with pytest.raises(write.Invalid) as caught:
        write.update(one, actor=Actor(ann), pipeline="sales", stage="p_signed")

    assert caught.value.errors == {"stage": "“Signed” is no stage of the pipeline “Sales”. Choose one of its own."}
    assert stands(Deal.objects.get(pk=one.pk))[:2] == ("partners", "p_talk")


def test_forms_and_filters_tell_stages_of_one_name_apart(partners: None, ann: User, account: Any) -> None:
    """CRM-5: the select has a group for each pipeline; a filter, a chip and a report say which Proposal is meant."""
    form = client_of(ann).get("/crm/deals/new").content.decode()
    panel = (
        client_of(ann).get('/crm/deals/?panel=filter&filter={"all":[{"field":"stage","op":"is","value":"p_proposal"}]}').content.decode()
    )

    assert '<optgroup label="Partners">' in form and '<optgroup label="Sales">' in form
    assert "Stage is Proposal (Partners)" in panel
    assert module("crm.deal").fields["stage"].told_apart()["proposal"] == "Proposal (Sales)"


def test_each_pipeline_has_its_board(partners: None, deal: Any, ann: User) -> None:
    """CRM-7, CRM-5: its stages as columns; a card's menu also leads into the other pipeline."""
    deal(ann, "A1", amount=100)
    deal(ann, "P1", amount=70, stage="p_talk")
    client = client_of(ann)

    first, second = client.get("/crm/deals/board"), client.get("/crm/deals/board?within=partners")

    assert [lane.option.value for lane in first.context["lanes"]][:2] == ["qualification", "analysis"]
    assert "p_talk" not in [lane.option.value for lane in first.context["lanes"]]
    assert [lane.option.value for lane in second.context["lanes"]] == ["p_talk", "p_proposal", "p_signed", "p_no"]
    assert [lane.count for lane in second.context["lanes"]] == [1, 0, 0, 0]
    assert "Partners: Talk" in first.content.decode() and "Move to another pipeline" in first.content.decode()
    assert client.get("/crm/deals/board?within=nothing").status_code == 404


def test_a_card_moves_into_another_pipeline(partners: None, deal: Any, ann: User) -> None:
    """CRM-5, CRM-7: by the same form that moves it between columns."""
    one = deal(ann, "A1")

    client_of(ann).post(f"/crm/deals/{one.pk}/move", {"to": "p_talk", "by": "stage", "version": one.version, "back": ""})

    assert stands(one)[:2] == ("partners", "p_talk")


def test_an_admin_makes_a_pipeline_with_the_stages_of_another(admin: User, ann: User, deal: Any) -> None:
    """CRM-5: named in both languages, with a copy of the stages, used at once and told in the audit log."""
    answer = client_of(admin).post(
        PIPELINES, {"module": "crm.deal", "field": "stage", "label_en": "Renewals", "label_ja": "更新", "hue": "4", "like": "sales"}
    )

    assert answer.url == f"{STAGES}?within=renewals"
    stages = module("crm.deal").fields["stage"].within("renewals")
    assert [one.en for one in stages.values()] == ["Qualification", "Needs analysis", "Proposal", "Negotiation", "Won", "Lost"]
    assert {one.more["type"] for one in stages.values()} == {"open", "won", "lost"}
    one = deal(ann, "A", stage="negotiation")
    write.update(one, actor=Actor(ann), pipeline="renewals")
    assert options("crm.deal", "stage")[stands(one)[1]].en == "Negotiation"
    assert Event.objects.filter(module="core.choice", kind="configured").count() == 7


def test_a_pipeline_without_a_name_or_with_anothers_is_not_made(admin: User) -> None:
    """CRM-5: what was typed stays, and says why."""
    for name, said in (("", "needs a name"), ("Sales", "Another pipeline has this name")):
        answer = client_of(admin).post(PIPELINES, {"module": "crm.deal", "field": "stage", "label_en": name, "hue": "4", "like": "sales"})

        assert answer.status_code == 422 and said in answer.content.decode()
    assert Choice.objects.filter(module="crm.deal", field="pipeline").count() == 1


def test_stages_of_one_pipeline_are_added_and_ordered_among_themselves(partners: None, admin: User) -> None:
    """CRM-5: the page shows one pipeline; a new stage stands in it, and the others keep their places."""
    before = [value for value in options("crm.deal", "stage") if not value.startswith("p_")]
    data: dict[str, Any] = {"value": ["p_talk", "p_proposal", "p_signed", "p_no"], "down": "p_talk"}
    for row in Choice.objects.filter(field="stage", value__startswith="p_"):
        data |= {f"v-{row.value}-{name}": value for name, value in {"label_en": row.label_en, "hue": 3, "active": "on", **row.more}.items()}
    data |= {"new-label_en": "Trial", "new-hue": 1, "new-active": "on", "new-probability": 80, "new-type": "open"}

    answer = client_of(admin).post(f"{STAGES}?within=partners", data)

    assert answer.url == f"{STAGES}?within=partners"
    assert list(module("crm.deal").fields["stage"].within("partners")) == ["p_proposal", "p_talk", "p_signed", "p_no", "trial"]
    assert [value for value in options("crm.deal", "stage") if value in before] == before
    assert "Qualification" not in client_of(admin).get(f"{STAGES}?within=partners").content.decode()


def test_a_stage_in_use_says_how_many_deals_and_where_they_may_go(partners: None, deal: Any, ann: User, admin: User) -> None:
    """CRM-5: a stage that deals stand in cannot vanish; its own pipeline's stages are offered first."""
    deal(ann, "A", stage="p_talk")

    page = client_of(admin).get(f"{STAGES}/p_talk").content.decode()
    kept = client_of(admin).get(f"{STAGES}/p_signed").content.decode()

    assert "1 record holds this value." in page
    assert page.index("Proposal (Partners)") < page.index("Qualification")
    assert "the last one of its kind" in kept


def test_a_pipeline_goes_when_its_deals_have_moved(partners: None, deal: Any, ann: User, admin: User) -> None:
    """CRM-5: its deals come into another pipeline, each into the stage that fits; then it and its stages are gone."""
    one, two = deal(ann, "A", stage="p_proposal"), deal(ann, "B", stage="p_signed")
    page = client_of(admin).get("/admin_console/fields/crm.deal/pipeline/values/partners").content.decode()
    assert "2 records hold this value." in page and "Its 4 stages go with it" in page

    client_of(admin).post("/admin_console/fields/crm.deal/pipeline/values/partners", {"other": "sales"})
    drain()

    assert (stands(one)[:2], stands(two)[:2]) == (("sales", "proposal"), ("sales", "won"))
    assert not [value for value in options("crm.deal", "stage") if value.startswith("p_")]
    assert list(options("crm.deal", "pipeline")) == ["sales"]


def test_deals_are_reported_by_pipeline(partners: None, deals: None, deal: Any, ann: User) -> None:
    """CRM-6: each pipeline's figures lead to its deals."""
    deal(ann, "P1", amount=70, stage="p_talk")

    shown = client_of(ann).get("/crm/reports/pipelines/", follow=True).context["shown"]

    assert {line.headings[0] for line in shown.lines} == {"Sales", "Partners"}
    assert all(count_of(client_of(ann), line.url) == line.plain[-1] for line in shown.lines)


def test_who_administers_nothing_makes_no_pipeline(partners: None, ann: User) -> None:
    """ADM-2: 403 for those who may not change settings."""
    assert client_of(ann).get(PIPELINES).status_code in {403, 404}
