"""The addresses of the talk on a record (social.related.talk): each answers as a page, and as the part that htmx asks for."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.action import registry
from core.actor import Actor
from core.exchange.models import Delivery
from core.field.look import Look
from core.module.module import Module
from core.record.write import Invalid, Refused
from core.text.numbers import whole
from core.web.doors import door
from core.web.once import once, token
from core.web.pages import module_or_404, record_or_404

from . import reading
from .actions import ReplyForm
from .feed import lines
from .messaging import SETTLING
from .models import Post, Profile
from .people import HOLDERS
from .related import talk as talks
from .related.composing import Answering, Composer, MentionForm, Mentioning
from .speaking import may_settle, named, remember

VERBS = {"like", "unlike", "repost", "unrepost"}


@door()
@require_GET
def page(request: HttpRequest, app: str, path: str, pk: int) -> HttpResponse:
    """The whole talk: a tab, filtered by network, a page at a time (SOC-13)."""
    talk = _talk(request, app, path, pk)
    return _drawn(request, talk)


@door()
@require_POST
def speak_as(request: HttpRequest, app: str, path: str, pk: int) -> HttpResponse:
    """With which account this person speaks at a network from now on (SOC-15)."""
    talk = _talk(request, app, path, pk)
    key, _colon, mark = request.POST.get("as", "").partition(":")
    try:
        remember(request.user, named(request.user, key if key in talk.accounts else "", mark))  # type: ignore[arg-type]
    except (Refused, KeyError) as error:
        messages.error(request, str(error) if isinstance(error, Refused) else _("You cannot speak with this account any more."))
    talk = _talk(request, app, path, pk)
    return _drawn(request, talk) if request.headers.get("HX-Request") else _back(request, talk)


@door()
@require_POST
def read(request: HttpRequest, app: str, path: str, pk: int) -> HttpResponse:
    """Have a profile's posts read: those of today, which is asked at most once a day; anew; or older ones (SOC-9)."""
    talk = _talk(request, app, path, pk)
    profile = _profile(talk, request.POST.get("profile", ""))
    state = reading.told([profile], talk.accounts)[0]
    how = request.POST.get("how", "")
    if state.may_read and not state.busy:
        reading.ask(request.user, profile, again=how == "again", older=how == "older")  # type: ignore[arg-type]
    talk.key = "posts"
    return _drawn(request, talk) if request.headers.get("HX-Request") else _back(request, talk)


@door()
@require_http_methods(["GET", "POST"])
def say(request: HttpRequest, app: str, path: str, pk: int, post: int) -> HttpResponse:
    """Answer a post, or comment it: in its place, and on a page of its own."""
    talk = _talk(request, app, path, pk, speaking=True)
    said = _post(talk, post)
    form = ReplyForm(request.POST if request.method == "POST" else None, record=said, user=request.user)
    composer = Answering(form, said, request.POST.get("text", ""))
    done = _composed(
        request, talk, composer, f"say:{said.pk}", lambda values: registry.run("social.reply", said, actor=_me(request), **values)
    )
    if done is not None:
        return done
    return _part(request, talk, said, "social/_said_now.html")


@door()
@require_http_methods(["GET", "POST"])
def mention(request: HttpRequest, app: str, path: str, pk: int, profile: int) -> HttpResponse:
    """Write a post that mentions the person (SOC-14)."""
    talk = _talk(request, app, path, pk, speaking=True)
    found = _profile(talk, str(profile))
    data = {**request.POST.dict(), "profile": found.pk} if request.method == "POST" else None
    form = MentionForm(data, record=talk.record, user=request.user, mentioned=found)
    text = request.POST.get("text", "") if data else str(form["text"].initial or "")
    composer = Mentioning(form, found, text)

    def go(values: dict[str, Any]) -> None:
        registry.run("social.mention", talk.record, actor=_me(request), **values)

    done = _composed(request, talk, composer, f"mention:{found.pk}", go)
    if done is not None:
        return done
    return _mentioned(request, talk, "social/_mentioned_now.html")


@door()
@require_POST
def press(request: HttpRequest, app: str, path: str, pk: int, post: int, verb: str) -> HttpResponse:
    """Like, repost, and take either back: with one press, once however often it is pressed."""
    talk = _talk(request, app, path, pk, speaking=True)
    said = _post(talk, post)
    if verb not in VERBS:
        raise Http404
    try:
        with once(request, f"{verb}:{said.pk}") as before:
            if not before.result:
                registry.run(f"social.{verb}", said, actor=_me(request))
                before.result = verb
    except registry.Forbidden as error:
        raise PermissionDenied from error
    except Refused as error:
        return _refused(request, talk, said, str(error))
    return _part(request, talk, said, "social/_ways.html")


@door()
@require_GET
def ways(request: HttpRequest, app: str, path: str, pk: int, post: int) -> HttpResponse:
    """How what was done with a post stands now; a page looks for it while something is on its way."""
    talk = _talk(request, app, path, pk)
    return _part(request, talk, _post(talk, post), "social/_ways.html", or_back=True)


@door()
@require_POST
def settle(request: HttpRequest, app: str, path: str, pk: int, delivery: int) -> HttpResponse:
    """What did not go out: send it again, call it off, or say that it is there (SOC-6)."""
    talk = _talk(request, app, path, pk, speaking=True)
    row = get_object_or_404(Delivery.objects.select_related("connection"), pk=delivery)
    said = _post(talk, row.record_id or 0) if row.module == "social.post" else None
    if said is None and (row.module, row.record_id) != (talk.module.key, talk.record.pk):
        raise Http404
    if not may_settle(request.user, row, said):  # type: ignore[arg-type]
        raise Http404
    act = SETTLING.get(request.POST.get("act", ""))
    if act is None or not act(row):
        messages.error(request, _("This was settled in the meantime."))
    if said is not None:
        return _part(request, talk, said, "social/_ways.html")
    return _mentioned(request, talk, "social/_mentioned.html")


@door()
@require_GET
def mentioned(request: HttpRequest, app: str, path: str, pk: int) -> HttpResponse:
    """How the posts about this person stand now; a page looks for it while one is on its way."""
    return _mentioned(request, _talk(request, app, path, pk), "social/_mentioned.html")


# ----------------------------------------------------------------------------------------------------------------------


def _talk(request: HttpRequest, app: str, path: str, pk: int, *, speaking: bool = False) -> talks.Talk:
    """The talk on a record that this person may see; 404 without the switch or without a profile (SOC-17)."""
    module: Module = module_or_404(request, app, path)
    if module.key not in HOLDERS or not talks.allowed(request.user):
        raise Http404
    record, look = record_or_404(request, module, pk), Look.of(request.user)  # type: ignore[arg-type]
    profiles = talks.whose(request.user, record, look)
    if not profiles:
        raise Http404
    talk = talks.talk_of(request, module, record, look, profiles)
    if speaking and not talk.may_speak:
        raise PermissionDenied
    return talk


def _post(talk: talks.Talk, pk: int) -> Post:
    found: Post | None = talks.audible(talk.user).filter(pk=pk, profile__in=talk.profiles).first()
    if found is None:
        raise Http404
    return found


def _profile(talk: talks.Talk, mark: str) -> Profile:
    found = next((one for one in talk.profiles if one.pk == whole(mark)), None)
    if found is None:
        raise Http404
    return found


def _me(request: HttpRequest) -> Actor:
    return Actor(request.user)  # type: ignore[arg-type]


def _drawn(request: HttpRequest, talk: talks.Talk) -> HttpResponse:
    part = bool(request.headers.get("HX-Request"))
    # Buttons in a part lead back to the page it stands on, or, where that is a record's, to the page of the talk as it is shown.
    talk.whole = not part or urlsplit(request.headers.get("HX-Current-URL", "")).path == talk.url
    talk.back = request.get_full_path() if request.method == "GET" else _asked_back(request)
    shown = {"panel": talks.context(talk), "module": talk.module, "record": talk.record, "look": talk.look}
    return render(request, "social/_talk.html" if part else "social/talk.html", shown)


def _asked_back(request: HttpRequest) -> str:
    back = request.POST.get("back", "") or request.GET.get("back", "")
    return back if back.startswith("/") and url_has_allowed_host_and_scheme(back, None) else ""


def _back(request: HttpRequest, talk: talks.Talk, place: str = "social-talk") -> HttpResponse:
    """To where the button stood, or to the page of the talk."""
    return HttpResponseRedirect(f"{_asked_back(request) or talk.url}#{place}")


def _part(request: HttpRequest, talk: talks.Talk, post: Post, template: str, *, or_back: bool = False) -> HttpResponse:
    """The post as it stands now: its part for htmx, else back to where it was."""
    if not request.headers.get("HX-Request"):
        if not or_back:
            messages.success(request, _("Noted. It goes out in a moment."))
        return _back(request, talk, f"post-{post.pk}")
    post.refresh_from_db()
    line = lines(talk.user, [post], talk.look, authors=False)[0]
    talks.equip(talk, line)
    talk.back = _asked_back(request)
    return render(request, template, {"panel": {"talk": talk}, "line": line, "look": talk.look})


def _mentioned(request: HttpRequest, talk: talks.Talk, template: str) -> HttpResponse:
    if not request.headers.get("HX-Request"):
        return _back(request, talk)
    talk.back = _asked_back(request)
    return render(request, template, {"panel": {"talk": talk, **talks.mentioned(talk)}, "look": talk.look})


def _refused(request: HttpRequest, talk: talks.Talk, post: Post, why: str) -> HttpResponse:
    if not request.headers.get("HX-Request"):
        messages.error(request, why)
        return _back(request, talk, f"post-{post.pk}")
    line = lines(talk.user, [post], talk.look, authors=False)[0]
    talks.equip(talk, line)
    talk.back = _asked_back(request)
    return render(request, "social/_ways.html", {"panel": {"talk": talk}, "line": line, "look": talk.look, "refused": why}, status=409)


def _composed(request: HttpRequest, talk: talks.Talk, composer: Composer, purpose: str, go: Any) -> HttpResponse | None:
    """The form, once more where something is wrong with it, with all that was typed; None when it was done and a part is asked for."""
    part = bool(request.headers.get("HX-Request"))
    talk.back = _asked_back(request)
    shown: dict[str, Any] = {
        "composer": composer,
        "form": composer.form,
        "talk": talk,
        "module": talk.module,
        "record": talk.record,
        "look": talk.look,
        "once": request.POST.get("once") or token(),
        "part": part,
    }
    page_or_part = "social/_composer.html" if part else "social/composer.html"
    if request.method == "GET":
        return render(request, page_or_part, shown)
    if "count" in request.POST:
        composer.form.is_valid()
        composer.form.errors.clear()
        return render(request, "social/_room.html" if part else page_or_part, shown)
    if not composer.form.is_valid():
        return render(request, page_or_part, shown, status=422)
    try:
        with once(request, purpose) as before:
            if not before.result:
                go(composer.form.cleaned_data)
                if composer.speaker is not None:
                    remember(request.user, composer.speaker)  # type: ignore[arg-type]
                before.result = "done"
    except registry.Forbidden as error:
        raise PermissionDenied from error
    except Invalid as error:
        return render(request, page_or_part, {**shown, "refused": " ".join(error.errors.values())}, status=422)
    except Refused as error:
        return render(request, page_or_part, {**shown, "refused": str(error)}, status=409)
    if part:
        return None
    messages.success(request, _("Noted. It goes out in a moment."))
    return _back(request, talk)
