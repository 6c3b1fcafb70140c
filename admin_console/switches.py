"""The switches of a profile's page: how each is drawn, what it does, and what that does to the people who have the profile, said
before it is saved (ADM-10, ADM-13). One that touches nobody, as all of a profile that nobody has yet, saves at once."""

from __future__ import annotations

from abc import ABC, abstractmethod

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from core.access import impact
from core.access.explain import RIGHT_WORDS
from core.access.features import FEATURES, OPENS_APP
from core.access.gate import RIGHTS
from core.access.models import Profile, User
from core.access.operations import BROUGHT
from core.actor import Actor
from core.module.module import Module
from core.web.tags import switch

from . import profile_acts
from .asking import words_of, words_of_people
from .trial import count_words

# Switches beside the modules that open and close records, with the rights to be compared.
REACH = {"see_all": impact.ASKED, "export": ("export",), **dict.fromkeys(OPENS_APP.values(), impact.ASKED)}


class Switch(ABC):
    """One switch of a profile. `value` is what it sends, without the state that is wanted."""

    value: str
    label: str
    # Those that may change along with it, and are drawn anew with it.
    along: tuple[Switch, ...] = ()

    def __init__(self, profile: Profile) -> None:
        self.profile = profile

    @property
    @abstractmethod
    def is_on(self) -> bool: ...

    @property
    def may(self) -> bool:
        return not self.profile.built_in

    @abstractmethod
    def act(self, on: bool, actor: Actor) -> None:
        """Switch it."""

    @abstractmethod
    def told(self, on: bool, actor: Actor) -> list[str]:
        """What switching it opens, closes or changes, and to how many; empty where that is nothing."""

    def drawn(self, aside: bool = False, focused: bool = False) -> SafeString:
        return switch("set", self.value, self.is_on, self.label, self.may, aside, focused)

    def holders(self) -> list[int]:
        """Ids of the active people who have this profile."""
        return list(User.objects.filter(profile=self.profile, is_active=True).values_list("pk", flat=True))


class RightSwitch(Switch):
    """A right on a module. Seeing comes and goes with the others."""

    def __init__(self, profile: Profile, module: Module, right: str, alone: bool = False) -> None:
        super().__init__(profile)
        if right not in RIGHTS:
            raise LookupError(right)
        self.module, self.right = module, right
        self.value, self.label = f"right:{module.key}:{right}", f"{module.plural}: {RIGHT_WORDS[right]}"
        self.along = () if alone else tuple(RightSwitch(profile, module, one, alone=True) for one in RIGHTS if one != right)

    @property
    def is_on(self) -> bool:
        return self.right in self.profile.rights.get(self.module.key, ())

    def act(self, on: bool, actor: Actor) -> None:
        profile_acts.set_right(self.profile, self.module, self.right, on, actor=actor)

    def told(self, on: bool, actor: Actor) -> list[str]:
        asked = impact.ASKED if self.right == "view" else ("view", self.right) if on else (self.right,)
        return words_of(impact.of(lambda: self.act(on, actor), among=self.holders(), asked=asked))


class FeatureSwitch(Switch):
    """Something beside the rights on modules."""

    def __init__(self, profile: Profile, key: str) -> None:
        super().__init__(profile)
        self.feature = FEATURES[key]
        self.value, self.label = f"feature:{key}:", str(self.feature.label)

    @property
    def is_on(self) -> bool:
        return self.feature.key in self.profile.features

    def act(self, on: bool, actor: Actor) -> None:
        profile_acts.set_feature(self.profile, self.feature.key, on, actor=actor)

    def told(self, on: bool, actor: Actor) -> list[str]:
        if self.feature.key in REACH:
            return words_of(impact.of(lambda: self.act(on, actor), among=self.holders(), asked=REACH[self.feature.key]))
        app = {"apps__app": self.feature.app} if self.feature.app else {}
        # Whose level brings the switch along notices nothing.
        anyway = [level for level, keys in BROUGHT.items() if self.feature.key in keys]
        touched = User.objects.filter(pk__in=self.holders(), **app).exclude(level__in=anyway)
        return [] if on == self.is_on else words_of_people(touched.count(), on)


class FieldSwitch(Switch):
    """Whether a field is seen, or changed by who sees it."""

    def __init__(self, profile: Profile, module: Module, key: str, seen: bool, alone: bool = False) -> None:
        super().__init__(profile)
        if key not in {one.key for one in profile_acts.shuttable(module)}:
            raise LookupError(key)
        self.module, self.field, self.seen = module, module.fields[key], seen
        self.value = f"{'seen' if seen else 'changed'}:{module.key}:{key}"
        self.label = (_("See %(field)s") if seen else _("Change %(field)s")) % {"field": self.field.label}
        self.along = () if alone else (FieldSwitch(profile, module, key, not seen, alone=True),)

    @property
    def state(self) -> str:
        return str(self.profile.fields.get(self.module.key, {}).get(self.field.key, ""))

    @property
    def is_on(self) -> bool:
        return self.state != "hidden" if self.seen else not self.state and self.field.editable

    @property
    def may(self) -> bool:
        return super().may and (self.seen or (self.field.editable and self.state != "hidden"))

    def wanted(self, on: bool) -> str:
        return "" if on else "hidden" if self.seen else "read"

    def act(self, on: bool, actor: Actor) -> None:
        profile_acts.set_field(self.profile, self.module, self.field.key, self.wanted(on), actor=actor)

    def told(self, on: bool, actor: Actor) -> list[str]:
        found = impact.reached(self.module, self.holders()) if self.wanted(on) != self.state else None
        if found is None or not found.records:
            return []
        if self.seen:
            shows = _("Shows %(field)s of %(records)s %(kind)s to %(people)s.")
            hides = _("Hides %(field)s of %(records)s %(kind)s from %(people)s.")
        else:
            shows = _("Lets %(people)s change %(field)s of %(records)s %(kind)s.")
            hides = _("Keeps %(people)s from changing %(field)s of %(records)s %(kind)s.")
        return [(shows if on else hides) % {**count_words(found), "field": self.field.label}]


def found(profile: Profile, sort: str, key: str, name: str) -> Switch:
    """The switch that `right:crm.lead:view`, `feature:convert:`, `seen:crm.lead:phone` or `changed:crm.lead:phone` names.
    Raises LookupError for what is none."""
    if sort == "feature":
        return FeatureSwitch(profile, key)
    module = next((one for one in profile_acts.known_modules() if one.key == key), None)
    if module is None or sort not in {"right", "seen", "changed"}:
        raise LookupError(sort)
    return RightSwitch(profile, module, name) if sort == "right" else FieldSwitch(profile, module, name, sort == "seen")
