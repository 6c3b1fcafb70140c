"""Who may enter which address: one row per route, one column per kind of person. A route without a row fails the build (A1).

    ok    is let in (whatever the page then answers: 200, 302, 405, 409, 422)
    in    is sent to sign in (401 on POST)
    403   sees that it is there and may not
    404   does not learn that it is there
    any   depends on what is declared elsewhere (the action's own right); never a server error

`at` fills the arguments of the address; `<record>` stands for a record of ann's in each module in turn. `send` is the body
of somebody who may. A route that is only for POST says `only="POST"`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

# ann owns the record; bob leads her; carol is in another team; dave has no app; eve is nobody; desk looks after the
# help desk alone; looks is a suite admin with the profile Standard; admin is the account admin.
PEOPLE = ("stranger", "ann", "bob", "carol", "dave", "eve", "desk", "looks", "admin")


# More kinds of people, whose cells follow from those above: peer has ann's role, sells has the CRM alone, and leads
# administers it.
MORE = ("peer", "sells", "leads")


@dataclass(frozen=True)
class Row:
    """What each of PEOPLE meets at one route."""

    cells: str
    at: dict[str, Any] = field(default_factory=dict)
    send: dict[str, Any] = field(default_factory=dict)
    only: str = ""

    def meets(self, person: str, app: str = "") -> str:
        """The cell. The help desk's own admin enters its generic pages, but sees no ticket of ann's."""
        if person == "desk" and app == "helpdesk" and self.cells in {CRM, BULK, DELETE}:
            return {CRM: "ok", BULK: "any", DELETE: "403"}[self.cells]
        cells = dict(zip(PEOPLE, self.cells.split(), strict=True))
        return cells[person] if person in cells else self._more(person, app, cells)

    def _more(self, person: str, app: str, cells: dict[str, str]) -> str:
        """Somebody with ann's role sees what carol sees; who has the CRM alone finds nothing of other apps; who administers
        it enters the console as desk does, and finds there what is of the CRM."""
        if person == "peer":
            return cells["carol"]
        elsewhere = (app and app != "crm") or self.cells in {SOCIAL, CHANNELS, DESK}
        if elsewhere:
            return "404"
        if person == "leads" and self.cells in {ADMINS, SEE_CRM, USER, APP_SETTINGS}:
            return "403" if self.cells == APP_SETTINGS and self.at.get("app") != "crm" else "ok"
        return cells["carol"]


#            stranger ann  bob carol dave eve desk looks admin
OPEN = "      ok      ok   ok   ok   ok   ok   ok   ok   ok"
ALL = "       in      ok   ok   ok   ok   ok   ok   ok   ok"
CRM = "       in      ok   ok   ok   404  404  404  ok   ok"
ADMINS = "    in      403  403  403  403  403  ok   ok   ok"
CHANGE = "    in      403  403  403  403  403  403  ok   ok"
CHANGE_ANY = "in      403  403  403  403  403  403  any  any"
CHANGE_CRM = "in      403  403  403  403  403  403  ok   ok"
SEE_CRM = "   in      403  403  403  403  403  404  ok   ok"
ACCOUNT = "   in      403  403  403  403  403  403  403  ok"
WIDE = "      in      403  403  403  403  403  403  ok   ok"
# Rows of the console that name somebody or an app of the CRM; desk looks after the help desk alone.
USER = "      in      403  403  403  403  403  404  ok   ok"
APP_SETTINGS = "in    403  403  403  403  403  404  403  ok"
SUBSCRIPTION = "in    403  403  403  403  403  403  ok   ok"
# Without records and a thing to do to them there is nothing to ask.
BULK = "      in      any  any  any  404  404  404  any  any"
RECORD = "    in      ok   ok   404  404  404  404  404  ok"
# The profile Standard may not delete: that is said before the record is looked for.
DELETE = "    in      403  403  403  404  404  404  403  ok"
# As deleting; and where nothing was merged there is nothing to undo.
UNMERGE = "   in      404  404  404  404  404  404  404  404"
OWN = "       in      ok   404  404  404  404  404  404  404"
OWN_MAIL = "  in      ok   403  404  404  404  404  404  403"
# Her own, but without the feature nobody writes to many.
OWN_SHUT = "  in      403  404  404  404  404  404  404  404"
OWN_JOB = "   in      ok   404  404  404  404  404  ok   ok"
DEPENDS = "   in      any  any  404  404  404  404  404  any"
OWN_MAYBE = " in      any  404  404  404  404  404  404  404"
NOT_SHOWN = " in      404  404  404  404  404  404  404  404"
NOBODY = "    404     404  404  404  404  404  404  404  404"
RULES = "     in      403  403  403  403  403  403  403  ok"
SCORES = "    in      403  403  403  404  404  404  ok   ok"
SOCIAL = "    in      ok   ok   ok   404  404  404  ok   ok"
# Whoever has the network's secret; tests/social/test_hearing.py has the rest.
SIGNED = "    any     any  any  any  any  any  any  any  any"
CHANNELS = "  in      403  403  403  404  404  404  any  any"
DESK = "      in      ok   ok   ok   404  404  ok   ok   ok"

# A thing of ann's that hangs on her lead; and what only she who wrote it may do, though others see it.
HER_FILE, HER_NOTE = {"pk": "<file>"}, {"pk": "<note>"}
AUTHOR = "    in      ok   403  404  404  404  404  404  403"
PERSON = {"app": "crm", "path": "leads", "pk": "<lead>"}
LIST = {"app": "crm", "path": "<module>"}
ONE = {**LIST, "pk": "<record>"}
LEADS = {"key": "crm.lead"}
FIELD = {**LEADS, "name": "<field>"}
REPORT = {"key": "leads-status"}
FOLK, PROFILE = {"pk": "<zoe>"}, {"pk": "<profile>"}
TICKET = {"pk": "<ticket>"}
LEAD = {"pk": "<lead>"}
IMPORT = {"app": "crm", "path": "leads", "pk": "<import>"}
RULE = {"pk": "<rule>"}

POLICY: dict[str, Row] = {
    "root": Row(ALL),
    "healthz": Row(OPEN),
    "readyz": Row(OPEN),
    "search": Row(ALL),
    "mail-templates": Row(ALL, only="GET"),
    "mail-template-new": Row(ALL, send={"name": "Hacked", "subject": "Hacked", "body": "Hacked"}),
    "mail-template": Row(OWN, at={"pk": "<template>"}, send={"name": "Hacked"}),
    "mail-template-delete": Row(OWN, at={"pk": "<template>"}, only="POST"),
    "mail-template-file": Row(OWN, at={"pk": "<template>", "file": "<template file>"}, only="GET"),
    "mail-file": Row(RECORD, at={"pk": "<mail>", "file": "<mail file>"}, only="GET"),
    "mailings": Row(ALL, only="GET"),
    "mailing": Row(OWN_SHUT, at={"pk": "<mailing>"}, send={"count": "1"}),
    "mailing-edit": Row(OWN_SHUT, at={"pk": "<mailing>"}, send={"subject": "Hacked", "body": "Hacked"}),
    "mailing-off": Row(OWN, at={"pk": "<mailing>"}, only="POST"),
    "mailing-file": Row(OWN, at={"pk": "<mailing>", "file": "<mailing file>"}, only="GET"),
    # The sealed link is the door.
    "mail-stop": Row(OPEN, at={"sealed": "<stop>"}),
    "mail-stopped": Row(WIDE, only="GET"),
    "mail": Row(RECORD, at={"pk": "<mail>"}, only="GET"),
    "mail-settle": Row(OWN_MAIL, at={"pk": "<mail>"}, send={"do": "again"}, only="POST"),
    "mail-tray": Row(WIDE, only="GET"),
    "mail-suppress": Row(CHANGE, send={"email": "x@example.com"}, only="POST"),
    "postal": Row(ALL, only="GET"),
    "pick": Row(ALL),
    "bin": Row(ALL),
    # What was deleted is found through its act, by those who may delete: nobody else has anything to restore.
    "restore": Row(" in 404 404 404 404 404 404 404 ok", send={"act": "<act>"}, only="POST"),
    "empty-bin": Row(WIDE, only="POST"),
    "me": Row(ALL, send={"family_name": "Hacked"}),
    "language": Row(OPEN, send={"language": "ja", "back": "/"}, only="POST"),
    "notifications": Row(ALL, only="GET"),
    "bell": Row(ALL, only="GET"),
    "notification-settings": Row(ALL, send={"core.assigned-mail": "daily"}),
    "read-notifications": Row(ALL, only="POST"),
    "read-notification": Row(OWN, at={"pk": "<notification>"}, only="POST"),
    "theme": Row(ALL, send={"theme": "dark", "back": "/"}, only="POST"),
    "gallery": Row(ALL),
    # The set-up page of an empty installation: gone as soon as there is anybody.
    "setup": Row(NOBODY),
    "jobs": Row(ALL),
    "job": Row(OWN_JOB, at={"pk": "<own job>"}),
    "cancel-job": Row(OWN_JOB, at={"pk": "<own job>"}, only="POST"),
    "job-again": Row("in any 404 404 404 404 404 any any", at={"pk": "<own job>"}, only="POST"),
    "export-file": Row(OWN_MAYBE, at={"pk": "<export>"}),
    "file": Row(RECORD, at=HER_FILE, only="GET"),
    # Only pictures and PDF open; this one is a text.
    "file-look": Row(NOT_SHOWN, at=HER_FILE, only="GET"),
    "file-small": Row(NOT_SHOWN, at=HER_FILE, only="GET"),
    "file-remove": Row(RECORD, at=HER_FILE, only="POST"),
    "file-restore": Row(RECORD, at=HER_FILE, only="POST"),
    "photo": Row(RECORD, at={"pk": "<photo>", "side": 64}, only="GET"),
    "note-edit": Row(AUTHOR, at=HER_NOTE, send={"text": "Hacked"}),
    "note-remove": Row(AUTHOR, at=HER_NOTE, only="POST"),
    "note-restore": Row(AUTHOR, at=HER_NOTE, only="POST"),
    "note-pin": Row(RECORD, at=HER_NOTE, only="POST"),
    "account_login": Row(OPEN),
    "account_logout": Row(OPEN),
    "account_reset_password": Row(OPEN),
    "account_reset_password_done": Row(OPEN),
    "account_reset_password_from_key": Row(OPEN, at={"uidb36": "1", "key": "set-password"}),
    "account_reset_password_from_key_done": Row(OPEN),
    "account_change_password": Row(ALL),
    "mfa_authenticate": Row(ALL, send={"code": "123456"}),
    "mfa_login_webauthn": Row("any ok ok ok ok ok ok ok ok", send={"credential": "{}"}, only="POST"),
    "passkey-options": Row(OPEN, only="POST"),
    # The secret in the address is the door; one that is wrong leads nowhere.
    "invitation": Row(NOBODY, at={"token": "no-such-token"}, send={"password": "Hacked-hacked-1"}),
    "my-security": Row(ALL, only="GET"),
    "my-again": Row(ALL, send={"current_password": "x", "back": "/"}),
    "my-email": Row(ALL, send={"email": "x@example.com", "current_password": "x"}),
    "my-email-off": Row(ALL, only="POST"),
    # The secret in the address is the door, for the one who asked; one that is wrong leads nowhere.
    "my-email-new": Row("in 404 404 404 404 404 404 404 404", at={"token": "no-such-token"}),
    "my-app": Row(ALL, send={"code": "123456", "seed": "x"}),
    "my-codes": Row(ALL),
    "my-codes-kept": Row(ALL, only="POST"),
    "my-passkey": Row(ALL, send={"name": "Hacked", "credential": "{}"}),
    "my-factor-off": Row(OWN, at={"pk": "<factor>"}),
    "my-session-end": Row(OWN, at={"pk": "<session>"}, only="POST"),
    "my-sessions-end": Row(ALL, only="POST"),
    "crm-home": Row(CRM),
    "crm-stream": Row(CRM, only="GET"),
    "crm-day": Row(CRM, only="GET"),
    "crm-calendar": Row(CRM, only="GET"),
    "crm-feed": Row(CRM, only="GET"),
    "crm-feed-renew": Row(CRM, only="POST"),
    "crm-feed-stop": Row(CRM, only="POST"),
    # The secret in the address is the door; one that is wrong leads nowhere.
    "crm-feed-file": Row(NOBODY, at={"secret": "1-0"}, only="GET"),
    "crm-convert": Row(RECORD, at=LEAD, send={"account": "new", "contact": "new", "deal": "none"}),
    "crm-undo-conversion": Row(DEPENDS, at=LEAD),
    "crm-score": Row(RECORD, at={"path": "leads", "pk": "<lead>"}, only="GET"),
    "crm-scores": Row(SCORES, only="GET"),
    "crm-score-new": Row(SCORES, send={"module": "crm.lead", "name_en": "Hacked", "points": "5"}),
    "crm-score-rule": Row(SCORES, at={"pk": "<score rule>"}, send={"name_en": "Hacked", "points": "5"}),
    "crm-score-switch": Row(SCORES, at={"pk": "<score rule>"}, send={"active": "0"}, only="POST"),
    "crm-score-delete": Row(SCORES, at={"pk": "<score rule>"}, only="POST"),
    "crm-reports": Row(CRM),
    "crm-report": Row(CRM, at=REPORT),
    "crm-report-chart": Row(CRM, at=REPORT),
    "crm-report-export": Row(CRM, at=REPORT),
    "crm-report-save": Row(CRM, at=REPORT, send={"name": "Hacked", "shared": "me"}),
    "crm-report-delete": Row(OWN, at={"key": "<report>"}, only="POST"),
    "crm-report-pin": Row(CRM, at=REPORT, only="POST"),
    "crm-targets": Row(BULK),
    "rules": Row(RULES),
    "new-rule": Row(RULES),
    "edit-rule": Row(RULES, at=RULE, send={"name_en": "Hacked"}),
    "switch-rule": Row(RULES, at=RULE, send={"active": "1"}, only="POST"),
    "delete-rule": Row(RULES, at=RULE, only="POST"),
    "social-home": Row(SOCIAL),
    "social-channels": Row(SOCIAL),
    "social-add-brand": Row(CHANNELS, send={"name": "Hacked"}, only="POST"),
    "social-keyword-add": Row(CHANNELS, at={"pk": "<channel>"}, send={"keyword": "Hacked"}, only="POST"),
    "social-keyword": Row(CHANNELS, at={"pk": "<channel>", "verb": "start"}, only="POST"),
    "social-disconnect": Row(CHANNELS, at={"pk": "<channel>"}, only="POST"),
    "social-network": Row(CHANNELS, at={"key": "x"}),
    "social-listen": Row(CHANNELS, at={"key": "x"}, only="POST"),
    **{
        f"social-{name}": Row(RECORD, at={**PERSON, **more}, send=send, only=only)
        for name, more, send, only in (
            ("talk", {}, {}, "GET"),
            ("speak-as", {}, {"as": "x:0"}, "POST"),
            ("read", {}, {"profile": "<social profile>"}, "POST"),
            ("mention", {"profile": "<social profile>"}, {"text": ""}, ""),
            ("mentioned", {}, {}, "GET"),
            ("settle", {"delivery": "<delivery>"}, {"act": "none"}, "POST"),
            ("say", {"post": "<post>"}, {"text": ""}, ""),
            ("ways", {"post": "<post>"}, {}, "GET"),
            ("press", {"post": "<post>", "verb": "repost"}, {}, "POST"),
        )
    },
    "social-hook": Row(SIGNED, at={"key": "x"}),
    "social-deauthorize": Row(SIGNED, at={"key": "facebook"}, only="POST"),
    "social-delete": Row(SIGNED, at={"key": "facebook"}, only="POST"),
    "social-deletion": Row(SIGNED, at={"key": "facebook", "code": "nobody-s"}, only="GET"),
    "social-connect": Row(CHANNELS, at={"key": "x"}, only="GET"),
    # One door back for channels and for one's own accounts: what was not begun in this session says so.
    "social-callback": Row(CRM, at={"key": "x"}, only="GET"),
    "my-social": Row(CRM, only="GET"),
    "my-social-connect": Row(CRM, at={"key": "x"}, only="GET"),
    "my-social-off": Row(OWN, at={"pk": "<own account>"}),
    "my-social-ends": Row(OWN, at={"pk": "<own account>"}, send={"days": "7"}, only="POST"),
    # The seal in the address says which picture; without one there is none.
    "social-picture": Row(NOT_SHOWN, only="GET"),
    "social-associate": Row(RECORD, at={**PERSON, "key": "x"}, only="GET"),
    "social-link": Row(RECORD, at={**PERSON, "key": "x"}, send={"address": "https://x.com/hacked"}, only="POST"),
    "social-look": Row(RECORD, at={**PERSON, "key": "x"}, only="POST"),
    "social-invite": Row(RECORD, at={**PERSON, "key": "x"}, send={"text": "Hacked"}),
    "social-note": Row(RECORD, at={**PERSON, "key": "x"}, send={"name": "Hacked"}),
    "social-unlink": Row(RECORD, at={**PERSON, "key": "x"}, only="POST"),
    "social-messages": Row(RECORD, at=PERSON, send={"text": "Hacked"}),
    "social-messages-older": Row(RECORD, at=PERSON, only="POST"),
    # No message of hers waits.
    "social-messages-settle": Row(NOT_SHOWN, at={**PERSON, "delivery": 1}, send={"again": "1"}, only="POST"),
    "helpdesk-home": Row(DESK),
    "ticket": Row(RECORD, at=TICKET),
    "ticket-entries": Row(RECORD, at=TICKET, only="GET"),
    "ticket-say": Row(RECORD, at=TICKET, send={"text": "Hacked", "kind": "comment"}, only="POST"),
    "ticket-settle": Row(DEPENDS, at={**TICKET, "entry_id": 1}, only="POST"),
    "ticket-act": Row(RECORD, at={**TICKET, "key": "close"}, only="POST"),
    "console": Row(ADMINS),
    # The table of levels (ADM-2) decides further: tests/admin_console/test_levels.py asks it cell by cell.
    "console-users": Row(ADMINS, only="GET"),
    "console-user-new": Row(ADMINS, send={"email": "x@example.com", "family_name": "Hacked"}),
    "console-users-import": Row(ADMINS, send={"text": "E-mail\nx@example.com", "do": "add"}),
    "console-users-sample": Row(ADMINS, only="GET"),
    "console-users-export": Row(WIDE, only="POST"),
    "console-user": Row(USER, at=FOLK, only="GET"),
    "console-user-raise": Row(USER, at={**FOLK, "app": "crm"}, send={"on": "1", "password": "x"}),
    "console-user-leave": Row(USER, at={**FOLK, "do": "deactivate"}),
    "console-user-act": Row(USER, at={**FOLK, "do": "again"}, only="POST"),
    "console-apps": Row(ADMINS, only="GET"),
    "console-app": Row(USER, at={"app": "crm"}, send={"add": "1"}),
    "console-all-apps": Row(WIDE, only="POST"),
    "console-subscription": Row(SUBSCRIPTION, send={"plan": "own"}),
    "console-account": Row(WIDE, only="GET"),
    "console-offer-back": Row(ACCOUNT, only="POST"),
    # For the one to whom the account is offered, and for nobody else.
    "console-offer": Row("in 404 404 404 404 404 404 404 404", at={"pk": "<offer>"}, send={"do": "yes"}),
    "console-stand-down": Row(ACCOUNT, at={"pk": "<chief>"}, send={"password": "x"}),
    "console-profiles": Row(WIDE, only="GET"),
    "console-profile-compare": Row(WIDE, only="GET"),
    "console-profile": Row(WIDE, at=PROFILE, only="GET"),
    "console-profile-clone": Row(CHANGE, at=PROFILE, send={"name": "Hacked"}),
    "console-profile-rename": Row(CHANGE, at=PROFILE, send={"name": "Hacked"}, only="POST"),
    "console-profile-delete": Row(CHANGE, at=PROFILE),
    "console-roles": Row(WIDE, only="GET"),
    "console-role-new": Row(CHANGE, send={"name": "Hacked"}),
    "console-role": Row(CHANGE, at={"pk": "<role>"}, send={"name": "Hacked", "sure": "1"}),
    "console-role-move": Row(CHANGE_ANY, send={"role": "1", "parent": "", "sure": "1"}, only="POST"),
    "console-role-delete": Row(CHANGE, at={"pk": "<role>"}, send={"sure": "1"}),
    "console-sharing": Row(WIDE, only="GET"),
    "console-default": Row(CHANGE, at=LEADS, send={"default": "write", "sure": "1"}, only="POST"),
    "console-sharing-new": Row(CHANGE, at=LEADS, send={"of": "all", "target": "all", "level": "write", "sure": "1"}),
    "console-sharing-rule": Row(
        CHANGE, at={**LEADS, "pk": "<sharing>"}, send={"of": "all", "target": "all", "level": "write", "sure": "1"}
    ),
    "console-sharing-remove": Row(CHANGE, at={"pk": "<sharing>"}, send={"sure": "1"}, only="POST"),
    "console-group-new": Row(CHANGE, send={"name": "Hacked"}),
    "console-group": Row(CHANGE, at={"pk": "<group>"}, send={"name": "Hacked", "sure": "1"}),
    "console-group-delete": Row(CHANGE, at={"pk": "<group>"}, send={"sure": "1"}, only="POST"),
    "console-organisation": Row(ADMINS, only="GET"),
    "console-logo-set": Row(ACCOUNT, only="POST"),
    # The picture stands on the sign-in page; here nobody has set one.
    "console-logo": Row(NOBODY, at={"stamp": "none"}, only="GET"),
    "console-app-settings": Row(APP_SETTINGS, at={"app": "crm"}, send={"name": "Hacked"}),
    "console-audit-export": Row(WIDE, only="POST"),
    "console-security": Row(CHANGE, send={"least_length": "8", "networks": "10.0.0.0/8"}),
    "console-signins": Row(WIDE, only="GET"),
    "console-tokens": Row(WIDE, only="GET"),
    # Nobody has one here: there is nothing to end.
    "console-token-end": Row("in 403 403 403 403 403 403 404 404", send={"kind": "crm.feed", "user": "<ann>"}, only="POST"),
    "console-user-security": Row(WIDE, at={"pk": "<admin>"}, only="GET"),
    # An account admin is looked after by account admins only (ADM-2).
    "console-end-sessions": Row(ACCOUNT, at={"pk": "<admin>"}, only="POST"),
    "console-reset-factor": Row(WIDE, at={"pk": "<ann>"}),
    "console-invitation": Row(ACCOUNT, at={"pk": "<admin>"}, send={"do": "again"}, only="POST"),
    "console-customers": Row(CHANGE, only="GET"),
    "console-customer": Row(CHANGE, at=PERSON, only="GET"),
    "console-customer-export": Row(CHANGE, at=PERSON, only="POST"),
    "console-customer-erase": Row(CHANGE, at=PERSON, send={"reason": "Hacked", "sure": "on", "current_password": "Hacked"}),
    # A file of another admin, who asked for it.
    "console-customer-file": Row("in 403 403 403 403 403 403 404 404", at={"pk": "<personal file>"}, only="GET"),
    "console-modules": Row(ADMINS),
    "console-fields": Row(SEE_CRM, at=LEADS),
    "console-names": Row(CHANGE_CRM, at=LEADS, send={"one_en": "Hacked", "many_en": "Hacked"}),
    "console-layout": Row(CHANGE_CRM, at=LEADS, send={"new-en": "Hacked"}),
    "console-layout-reset": Row(CHANGE_CRM, at=LEADS, only="POST"),
    "console-value-needs": Row(CHANGE_CRM, at={**LEADS, "name": "status", "value": "later"}, send={"needs": "company"}),
    "crm-mapping": Row(CHANGE_CRM, send={"c_text-crm.contact": ""}),
    "console-field-new": Row(CHANGE_CRM, at=LEADS, send={"kind": "text", "label_en": "Hacked"}),
    "console-field": Row(CHANGE_CRM, at=FIELD, send={"label_en": "Hacked"}),
    "console-field-move": Row(CHANGE_CRM, at=FIELD, send={"up": "1"}, only="POST"),
    "console-field-delete": Row(CHANGE_CRM, at=FIELD),
    "console-values": Row(CHANGE_CRM, at={**LEADS, "name": "status"}, send={"new-label_en": "Hacked", "new-hue": "1"}),
    "console-value-remove": Row(CHANGE_CRM, at={**LEADS, "name": "status", "value": "later"}),
    "console-pipelines": Row(CHANGE, send={"module": "crm.deal", "field": "stage", "label_en": "Hacked", "hue": "1", "like": "sales"}),
    "console-rates": Row(CHANGE, send={"currency": "USD", "rate": "150", "valid_from": "2026-01-01"}),
    "console-rate": Row(CHANGE, at={"pk": "<rate>"}, send={"rate": "1", "valid_from": "2026-01-01"}),
    "console-rate-delete": Row(CHANGE, at={"pk": "<rate>"}, only="POST"),
    "console-why": Row(ADMINS),
    "console-system": Row(WIDE),
    "console-try-again": Row(CHANGE, at={"pk": "<job>"}, only="POST"),
    "console-audit": Row(WIDE),
    "list": Row(CRM, at=LIST),
    "import": Row(CRM, at=LIST),
    "import-run": Row(OWN, at=IMPORT, only="GET"),
    "import-columns": Row(OWN, at=IMPORT),
    "import-undo": Row(OWN_MAYBE, at=IMPORT, only="POST"),
    "import-rows": Row(OWN_MAYBE, at={**IMPORT, "level": "error"}, only="GET"),
    "export": Row(CRM, at=LIST),
    "bulk": Row(BULK, at=LIST),
    "board": Row(CRM, at=LIST),
    "calendar": Row(CRM, at=LIST, only="GET"),
    "chart": Row(CRM, at=LIST, only="GET"),
    "rule": Row(CRM, at=LIST, only="GET"),
    "duplicates": Row(CRM, at=LIST, send={"apart": "1.2"}),
    "twins": Row(CRM, at=LIST, send={"family_name": "Hacked"}, only="POST"),
    # Who may change records may merge them: nothing is lost, and it can be undone.
    "merge": Row(CRM, at=LIST),
    "unmerge": Row(UNMERGE, at=ONE),
    "new": Row(CRM, at=LIST, send={"family_name": "Hacked", "name": "Hacked", "subject": "Hacked"}),
    "new-view": Row(CRM, at=LIST, send={"name": "Hacked", "shared": "me"}),
    "choose-view": Row(CRM, at=LIST, send={"view": "mine", "pin": "1"}, only="POST"),
    "edit-view": Row(OWN, at={**LIST, "pk": "<view>"}, send={"name": "Hacked", "shared": "all"}),
    "record": Row(RECORD, at=ONE),
    "link": Row(RECORD, at={"app": "crm", "path": "leads", "pk": "<lead>", "other": "crm.activity", "key": "lead"}, send={"record": "1"}),
    "edit": Row(RECORD, at=ONE, send={"family_name": "Hacked", "name": "Hacked", "subject": "Hacked", "version": "1"}),
    "field": Row(RECORD, at={**ONE, "key": "owner"}, send={"owner": "", "version": "1"}),
    "delete": Row(DELETE, at=ONE, only="POST"),
    "write-mail": Row(DEPENDS, at=ONE, send={"to": "x@example.com", "subject": "Hacked", "body": "Hacked"}),
    "note": Row(RECORD, at=ONE, send={"text": "Hacked"}, only="POST"),
    "timeline": Row(RECORD, at=ONE),
    "mention": Row(RECORD, at=ONE, only="GET"),
    "files": Row(RECORD, at=ONE),
    # Only people have a face.
    "photo-page": Row(RECORD, at={"app": "crm", "path": "leads", "pk": "<lead>"}),
    "photo-off": Row(RECORD, at={"app": "crm", "path": "leads", "pk": "<lead>"}, only="POST"),
    # Who may edit may ask who sees it; carol is in another team. Sharing with nobody there is refused with a sentence.
    "sharing": Row(RECORD, at=ONE, send={"whom": "user:0", "level": "write"}),
    "end-share": Row(DEPENDS, at={"app": "crm", "path": "leads", "pk": "<lead>", "share": "<share>"}, only="POST"),
    "move": Row(DEPENDS, at=ONE, send={"by": "status", "to": "contacted", "version": "1"}),
    "act": Row(DEPENDS, at={**ONE, "key": "<action>"}),
}

# Addresses that take a POST from outside, and why (W4).
NO_TOKEN = {
    "mail-stop": "the one-click button of mail programs (RFC 8058); the sealed link is worth the one act it allows",
    "social-hook": "networks send news without a session; what they send is believed for its signature over the raw body alone",
    "social-deauthorize": "a network tells it without a session; its signed request is believed alone",
    "social-delete": "a network tells it without a session; its signed request is believed alone",
}

# What looking may write, and why. Everything else is left as it was by every GET (W4).
LOOKING_WRITES = {
    "my-passkey": {"django_session"},  # what the browser is asked to sign, good once
    "social-connect": {"django_session"},  # the state of a sign-in that was begun, good once and for ten minutes
    "crm-report-export": {"core_event", "core_auditentry"},  # who took the file, for the audit log (E2)
}
