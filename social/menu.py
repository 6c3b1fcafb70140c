"""Social in the shell."""

from django.utils.translation import gettext_lazy as _

from core.web.menu import add_app
from core.web.personal import add_setting

from .own import may

add_app(
    "social",
    _("Social"),
    "at-sign",
    "social-home",
    (("social-home", _("Monitor"), "at-sign"), ("social.post", "", ""), ("social-channels", _("Channels"), "rss")),
)

add_setting("my-social", _("Social profiles"), when=may)
