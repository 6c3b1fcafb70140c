"""The rights of a profile in words."""

from __future__ import annotations

from django.utils.translation import pgettext_lazy

RIGHT_WORDS = {
    "view": pgettext_lazy("right", "see"),
    "create": pgettext_lazy("right", "create"),
    "edit": pgettext_lazy("right", "edit"),
    "delete": pgettext_lazy("right", "delete"),
    "import": pgettext_lazy("right", "import"),
    "export": pgettext_lazy("right", "export"),
    "bulk": pgettext_lazy("right", "change many"),
}
