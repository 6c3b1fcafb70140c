"""All addresses: the shell, signing in, the features' own pages, and last the generic pages of every module."""

from django.urls import include, path

from core.web import signing_in
from core.web.urls import modules, shell

urlpatterns = [
    *shell,
    path("accounts/login/", signing_in.login, name="account_login"),
    path("accounts/logout/", signing_in.logout, name="account_logout"),
    path("accounts/code/", signing_in.code, name="mfa_authenticate"),
    path("accounts/passkey/", signing_in.passkey, name="mfa_login_webauthn"),
    path("accounts/passkey/options", signing_in.passkey_options, name="passkey-options"),
    path("accounts/password/reset/", signing_in.reset, name="account_reset_password"),
    path("accounts/password/reset/done/", signing_in.reset_done, name="account_reset_password_done"),
    path("accounts/password/reset/key/<uidb36>-<key>/", signing_in.new_password, name="account_reset_password_from_key"),
    path("accounts/password/reset/key/done/", signing_in.new_password_done, name="account_reset_password_from_key_done"),
    path("accounts/password/change/", signing_in.change, name="account_change_password"),
    path("", include("crm.urls")),
    path("admin_console/", include("admin_console.urls")),
    path("", include("automation.urls")),
    path("", include("social.urls")),
    path("", include("helpdesk.urls")),
    *modules,
]

handler400 = "core.web.errors.bad_request"
handler403 = "core.web.errors.forbidden"
handler429 = "core.web.errors.too_many"
handler404 = "core.web.errors.not_found"
handler500 = "core.web.errors.server_error"
