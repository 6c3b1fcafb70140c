"""Our users as pages need them: who can be chosen, who stands below whom."""

from __future__ import annotations

from core.access.models import Role, User
from core.stamps import stamped


@stamped("users")
def _active() -> list[tuple[int, str, str]]:
    return list(User.objects.filter(is_active=True).order_by("family_name", "given_name").values_list("pk", "family_name", "given_name"))


def active_choices() -> list[tuple[int, str]]:
    """(id, name) of everyone who can own a record."""
    from core.text.names import shown_name

    return [(pk, shown_name(family, given)) for pk, family, given in _active()]


@stamped("users")
def are_several() -> bool:
    """Whether there is more than one of us, active or still to come: until then nobody has to be told apart."""
    return bool(User.objects.filter(deleted_at__isnull=True)[:2].count() > 1)


@stamped("users")
def _users_by_path() -> list[tuple[str, int]]:
    return sorted(User.objects.filter(role__isnull=False).values_list("role__path", "pk"))


def below(role_path: str) -> list[int]:
    """Ids of users whose role stands below the role at `role_path`; the same role is not below itself."""
    return [pk for path, pk in _users_by_path() if path.startswith(role_path) and path != role_path] if role_path else []


def place(role: Role) -> None:
    """Write a role's path after it was made or moved, and those of all below it."""
    parent_path = role.parent.path if role.parent else "/"
    old, new = role.path, f"{parent_path}{role.pk}/"
    if old == new:
        return
    Role.objects.filter(pk=role.pk).update(path=new)
    role.path = new
    if old:
        for child in Role.objects.filter(path__startswith=old).exclude(pk=role.pk):
            Role.objects.filter(pk=child.pk).update(path=new + child.path[len(old) :])
