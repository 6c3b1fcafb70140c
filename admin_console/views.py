"""The console's overview: is it well, who is there, what was changed lately."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from core.access.models import User
from core.field.look import Look
from core.field.models import CustomField
from core.signin import audit
from core.web.doors import door
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
