"""Users, apps, profiles and roles: the tables the gate reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.watched import Watched

LANGUAGES = [("en", "English"), ("ja", "日本語")]
CALENDARS = (("western", _("2026/11/22")), ("era", _("令和8年11月22日")))
DENSITIES = [("compact", _("Compact")), ("normal", _("Normal")), ("comfortable", _("Comfortable"))]
BUILT_IN = {"Administrator": _("Administrator"), "Standard": _("Standard")}
LEVELS = [("read", _("Read")), ("write", _("Read and edit"))]
PEERS = [("", _("Each sees their own")), ("read", _("They read one another's")), ("write", _("They read and edit one another's"))]
THEMES = [("auto", _("As the system")), ("light", _("Light")), ("dark", _("Dark"))]


class Role(models.Model):
    """Where a user stands. `path` is the chain of ids from the top, `/1/4/9/`: who is below is one prefix."""

    name = models.CharField(_("name"), max_length=100)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("above"))
    path = models.CharField(max_length=255, db_index=True, editable=False, default="")
    # What people of the same role may do with one another's records (ADM-11): "" nothing, "read", or "write".
    peers = models.CharField(_("records of the same role"), max_length=5, choices=PEERS, blank=True, default="")

    objects = Watched.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("role"), _("roles")
        ordering = ["path"]

    def __str__(self) -> str:
        return self.name


class Profile(models.Model):
    """What one may do. `Administrator` and `Standard` are built in and can only be cloned (ADM-10)."""

    name = models.CharField(_("name"), max_length=100, unique=True)
    built_in = models.BooleanField(default=False)
    # {"crm.lead": ["view", "create", …]}; a module or right that is not named is denied.
    rights = models.JSONField(default=dict)
    features = models.JSONField(default=list)
    # {"crm.lead": {"annual_revenue": "hidden" | "read"}}; a field that is not named is open.
    fields = models.JSONField(default=dict)

    class Meta:
        verbose_name, verbose_name_plural = _("profile"), _("profiles")

    def __str__(self) -> str:
        return str(BUILT_IN.get(self.name, self.name)) if self.built_in else self.name


if TYPE_CHECKING:
    _People = BaseUserManager["User"]
else:
    _People = BaseUserManager.from_queryset(Watched)


class People(_People):
    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email__iexact=username)

    def entitled(self) -> models.QuerySet[User]:
        """People with what their rights follow from, in one query."""
        return self.select_related("profile", "role")

    def anew(self, pk: int) -> User:
        """Somebody as they stand in this moment: acts and steps of jobs ask for rights by it, never by one at hand (A9)."""
        return self.entitled().get(pk=pk)

    def create_user(self, email: str, password: str | None = None, **values: Any) -> User:
        user = self.model(email=email.strip().lower(), **values)
        user.set_password(password)
        user.save()
        return user


class User(AbstractBaseUser):
    """One of us. Never a customer."""

    email = models.EmailField(_("e-mail"), unique=True)
    family_name = models.CharField(_("family name"), max_length=60)
    given_name = models.CharField(_("given name"), max_length=60, blank=True)
    is_active = models.BooleanField(_("active"), default=True)
    joined_at = models.DateTimeField(_("joined"), auto_now_add=True)
    # "account" | "suite" | "": the two wide levels of ADM-1. App admins stand in AppAccess.
    level = models.CharField(max_length=10, blank=True, default="")
    profile = models.ForeignKey(Profile, models.PROTECT, null=True, blank=True, verbose_name=_("profile"))
    role = models.ForeignKey(Role, models.PROTECT, null=True, blank=True, related_name="users", verbose_name=_("role"))
    language = models.CharField(_("language"), max_length=5, choices=LANGUAGES, default="en")
    time_zone = models.CharField(_("time zone"), max_length=50, default="Asia/Tokyo")
    theme = models.CharField(_("theme"), max_length=10, choices=THEMES, default="auto")
    calendar = models.CharField(_("years in Japanese dates"), max_length=8, choices=CALENDARS, default="western")
    density = models.CharField(_("row height"), max_length=12, choices=DENSITIES, default="normal")
    title = models.CharField(pgettext_lazy("user", "title"), max_length=80, blank=True)
    # When somebody was deactivated, and when deleted: then the row stays for history alone, without address and password.
    left_at = models.DateTimeField(_("deactivated"), null=True, editable=False)
    deleted_at = models.DateTimeField(null=True, editable=False)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["family_name"]
    objects = People()

    class Meta:
        verbose_name, verbose_name_plural = _("user"), _("users")

    def __str__(self) -> str:
        from core.text.names import shown_name  # the floor above would make text know users

        return shown_name(self.family_name, self.given_name)


class AppAccess(models.Model):
    """This person has this app. Without the row the app does not exist for them (ADM-4)."""

    user = models.ForeignKey(User, models.CASCADE, related_name="apps")
    app = models.CharField(max_length=30)
    is_admin = models.BooleanField(default=False)

    objects = Watched.as_manager()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["user", "app"], name="one_access_per_app")]

    def __str__(self) -> str:
        return f"{self.user_id}: {self.app}"


class ModuleDefault(models.Model):
    """The organisation-wide default of one module: who sees records that nobody gave them (PLT-24)."""

    CHOICES: ClassVar = [("private", _("Private")), ("read", _("Everyone may read")), ("write", _("Everyone may read and edit"))]
    module = models.CharField(max_length=60, unique=True)
    default = models.CharField(max_length=10, choices=CHOICES, default="private")

    objects = Watched.as_manager()

    class Meta:
        constraints: ClassVar = [models.CheckConstraint(condition=Q(default__in=["private", "read", "write"]), name="module_default_known")]

    def __str__(self) -> str:
        return f"{self.module}: {self.default}"


class Group(models.Model):
    """People who are given records together, wherever they stand in the role tree."""

    name = models.CharField(_("name"), max_length=100, unique=True)
    note = models.CharField(_("what it is for"), max_length=200, blank=True)

    objects = Watched.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("group"), _("groups")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class GroupMember(models.Model):
    """One party of a group (core.access.parties): a user, a role, or a role with those below. Groups hold no groups."""

    group = models.ForeignKey(Group, models.CASCADE, related_name="members")
    party = models.CharField(max_length=24)

    objects = Watched.as_manager()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["group", "party"], name="one_member_per_party")]

    def __str__(self) -> str:
        return f"{self.group_id}: {self.party}"


class SharingRule(models.Model):
    """Records of a module that others may read or edit, too (ADM-13): those owned by `source`, a party, or with an empty
    `source` those that meet `criteria` (core.criteria; empty: all of them). `target` is the party they are opened to."""

    module = models.CharField(max_length=60)
    source = models.CharField(_("owned by"), max_length=24, blank=True, default="")
    criteria = models.JSONField(_("that meet"), default=dict, blank=True)
    target = models.CharField(_("shared with"), max_length=24)
    level = models.CharField(_("may"), max_length=5, choices=LEVELS, default="read")

    objects = Watched.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("sharing rule"), _("sharing rules")
        ordering = ["module", "pk"]
        constraints: ClassVar = [models.CheckConstraint(condition=Q(level__in=["read", "write"]), name="rule_level_known")]

    def __str__(self) -> str:
        return f"{self.module}: {self.source or 'criteria'} → {self.target}"


class Share(models.Model):
    """One record given to a party by hand, for reading or editing, for good or until a moment. A merge takes it along."""

    module = models.CharField(max_length=60)
    record_id = models.BigIntegerField()
    whom = models.CharField(_("with whom"), max_length=24)
    level = models.CharField(_("may"), max_length=5, choices=LEVELS, default="read")
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("shared by"))
    at = models.DateTimeField(_("shared"))
    until = models.DateTimeField(_("until"), null=True, blank=True)

    objects = Watched.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("share"), _("shares")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["module", "record_id", "whom"], name="one_share_per_party"),
            models.CheckConstraint(condition=Q(level__in=["read", "write"]), name="share_level_known"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["whom", "module", "record_id"], name="share_by_party"),
            models.Index(fields=["until"], name="share_that_ends", condition=Q(until__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.module} {self.record_id} → {self.whom}"


class Stamp(models.Model):
    """A counter per kind of configuration. Caches in a process compare it once a request, so that a change made on
    one machine is seen on all at the next request."""

    key = models.CharField(max_length=40, primary_key=True)
    version = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.key} {self.version}"
