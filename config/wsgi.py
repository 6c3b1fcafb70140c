"""The WSGI entry point."""

import os

from django.core.wsgi import get_wsgi_application
from django.template.loader import get_template
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

application = get_wsgi_application()

from core.web.tags import icon  # noqa: E402 - needs the applications

# Read once, before the server makes its processes: they share the memory, and nobody's first page waits for it.
get_resolver().url_patterns  # noqa: B018
for _name in ("base", "ui/_top", "ui/_side", "ui/_toasts", "ui/_keys", "record/list", "record/_list", "record/record", "record/form"):
    get_template(f"{_name}.html")
icon("x")
