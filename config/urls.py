"""All addresses: the shell, signing in, the features' own pages, and last the generic pages of every module."""

from allauth.account import views as account
from django.urls import include, path

from core.web.urls import modules, shell

urlpatterns = [
    *shell,
    path("accounts/login/", account.login, name="account_login"),
    path("accounts/logout/", account.logout, name="account_logout"),
    path("accounts/password/reset/", account.password_reset, name="account_reset_password"),
    path("accounts/password/reset/done/", account.password_reset_done, name="account_reset_password_done"),
    path("accounts/password/reset/key/<uidb36>-<key>/", account.password_reset_from_key, name="account_reset_password_from_key"),
    path("accounts/password/reset/key/done/", account.password_reset_from_key_done, name="account_reset_password_from_key_done"),
    path("accounts/password/set/", account.password_set, name="account_set_password"),
    path("accounts/password/change/", account.password_change, name="account_change_password"),
    path("", include("crm.urls")),
    path("admin_console/", include("admin_console.urls")),
    path("", include("automation.urls")),
    path("", include("social.urls")),
    path("", include("helpdesk.urls")),
    *modules,
]

handler400 = "core.web.errors.bad_request"
handler403 = "core.web.errors.forbidden"
handler404 = "core.web.errors.not_found"
handler500 = "core.web.errors.server_error"
