"""The console's front page and the list of users."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from core.access.models import User
from core.field.look import Look
from core.field.models import CustomField
from core.signin import audit
from core.web.doors import door
from core.web.menu import app_label
from core.work.health import facts

from . import queries
from .telling import told


@door(admin=True)
def overview(request: HttpRequest) -> HttpResponse:
    """What an admin looks at first: is it well, who is there, what was changed lately."""
    user: User = request.user  # type: ignore[assignment]
    look, wide = Look.of(user), bool(user.level)
    keys = [one.key for one in queries.modules_of_admin(user)]
    context = {
        "look": look,
        "wide": wide,
        "people": queries.users_of_admin(user).filter(is_active=True).count(),
        "modules": len(keys),
        "custom": CustomField.objects.filter(module__in=keys).count(),
        "health": facts() if wide else None,
        "lines": [told(one) for one in audit.find()[:8]] if wide else [],
    }
    return render(request, "admin_console/overview.html", context)


@door(admin=True)
def users(request: HttpRequest) -> HttpResponse:
    """Everybody with apps, profile, role and when they were last here (ADM-3)."""
    user: User = request.user  # type: ignore[assignment]
    pages = Paginator(queries.users_of_admin(user), 100)
    page = pages.get_page(request.GET.get("page"))
    lines = [
        {
            "user": one,
            "apps": [(app_label(access.app), access.is_admin) for access in one.apps.all()],
            "level": level(one.level),
        }
        for one in page
    ]
    return render(
        request,
        "admin_console/users.html",
        {"look": Look.of(user), "page": page, "lines": lines, "count": pages.count, "wide": bool(user.level)},
    )


def level(key: str) -> str:
    """One of the two wide levels in words."""
    return {"account": _("Account admin"), "suite": _("Suite admin")}.get(key, "")
