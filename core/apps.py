from typing import Any

from django.apps import AppConfig
from django.core.checks import register
from django.db.backends.signals import connection_created
from django.db.models.signals import post_migrate
from django.utils.module_loading import autodiscover_modules


class Core(AppConfig):
    name = "core"
    verbose_name = "Enishi"

    def ready(self) -> None:
        from core.access.models import AppAccess, Group, GroupMember, ModuleDefault, Role, Share, SharingRule, User
        from core.action import registry as actions
        from core.defaults import install
        from core.mail import telling  # noqa: F401 - a source of the timeline
        from core.module import registry as modules
        from core.module.models import SavedView, ViewChoice
        from core.search import schema
        from core.signin import audit, audit_table, sessions  # noqa: F401 - they listen
        from core.stamps import watch

        autodiscover_modules("modules", "defaults", "actions", "listeners", "panels", "tasks", "menu", "personal")
        register(lambda app_configs, **_kwargs: modules.check() + actions.check())
        rows = {
            "apps": (AppAccess,),
            "views": (SavedView, ViewChoice),
            "users": (User, Role),
            "access": (ModuleDefault, Group, GroupMember, SharingRule),
            "shares": (Share,),
        }
        for key, models in rows.items():
            for model in models:
                watch(model, key)
        schema.connect()
        post_migrate.connect(audit_table.after_migrate, dispatch_uid="core.audit")
        connection_created.connect(_without_compiler, dispatch_uid="core.jit")
        post_migrate.connect(install, sender=self, dispatch_uid="core.defaults")


def _without_compiler(connection: Any, **_signal: Any) -> None:
    """PostgreSQL compiles a question whose estimate is high, which takes a tenth of a second; ours answer in milliseconds."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET jit = off")
