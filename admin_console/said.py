"""How the acts upon people, apps, account and subscription read in the audit log."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from core.signin.audit import says

APP_GIVEN = says("console.app_given", _("Gave an app to %(name)s"))
APP_TAKEN = says("console.app_taken", _("Took an app from %(name)s"))
APP_ADMIN = says("console.app_admin", _("Changed who administers an app: %(name)s"))
ALL_APPS = says("console.all_apps", _("Took all apps: %(name)s"))
LEVEL = says("console.level", _("Changed the level of %(name)s"))
RIGHTS = says("console.rights", _("Changed profile or role of %(name)s"))
FACTS = says("console.facts", _("Changed what is noted of %(name)s"))
LEFT = says("console.deactivated", _("Deactivated %(name)s"))
BACK = says("console.activated", _("Activated %(name)s"))
DELETED = says("console.deleted", _("Deleted %(name)s"))
EXPORTED = says("console.exported", _("Took the list of users out as a file"))
OFFERED = says("console.account_offered", _("Offered the account to %(name)s"))
OFFER_BACK = says("console.offer_back", _("Took the offer of the account back"))
ACCEPTED = says("console.account_accepted", _("The account went to %(name)s"))
PLAN = says("console.plan", _("Changed the subscription"))
ORGANISATION = says("console.organisation", _("Changed the organisation"))
APP_SETTINGS = says("console.app_settings", _("Changed what an app has otherwise than the organisation"))
