"""Addresses of the console."""

from django.urls import path

from . import audit, choices, fields, layouts, organisation, personal, rates, security, system, views

urlpatterns = [
    path("", views.overview, name="console"),
    path("users/", views.users, name="console-users"),
    path("fields/", fields.modules_page, name="console-modules"),
    path("fields/<str:key>/", fields.fields_page, name="console-fields"),
    path("fields/<str:key>/names", layouts.names_page, name="console-names"),
    path("fields/<str:key>/layout", layouts.layout_page, name="console-layout"),
    path("fields/<str:key>/layout/reset", layouts.reset, name="console-layout-reset"),
    path("fields/<str:key>/new", fields.new_field, name="console-field-new"),
    path("fields/<str:key>/<slug:name>", fields.edit_field, name="console-field"),
    path("fields/<str:key>/<slug:name>/move", fields.move, name="console-field-move"),
    path("fields/<str:key>/<slug:name>/delete", fields.delete, name="console-field-delete"),
    path("fields/<str:key>/<slug:name>/values", choices.values_page, name="console-values"),
    path("fields/<str:key>/<slug:name>/values/<slug:value>/needs", layouts.needs_page, name="console-value-needs"),
    path("fields/<str:key>/<slug:name>/values/<slug:value>", choices.remove_page, name="console-value-remove"),
    path("organisation/", organisation.organisation_page, name="console-organisation"),
    path("currencies/", rates.rates_page, name="console-rates"),
    path("currencies/<int:pk>", rates.edit_rate, name="console-rate"),
    path("currencies/<int:pk>/delete", rates.delete_rate, name="console-rate-delete"),
    path("system/", system.system_page, name="console-system"),
    path("system/jobs/<int:pk>", system.try_again, name="console-try-again"),
    path("audit/", audit.audit_page, name="console-audit"),
    path("audit/export", audit.audit_export, name="console-audit-export"),
    path("security/", security.security_page, name="console-security"),
    path("signins/", security.signins_page, name="console-signins"),
    path("users/<int:pk>/security", security.user_page, name="console-user-security"),
    path("users/<int:pk>/sessions/end", security.end_sessions, name="console-end-sessions"),
    path("users/<int:pk>/factor/reset", security.reset_factor, name="console-reset-factor"),
    path("users/<int:pk>/invitation", security.invitation_act, name="console-invitation"),
    path("customers/", personal.find_page, name="console-customers"),
    path("customers/<slug:app>/<slug:path>/<int:pk>/", personal.customer_page, name="console-customer"),
    path("customers/<slug:app>/<slug:path>/<int:pk>/export", personal.export, name="console-customer-export"),
    path("customers/<slug:app>/<slug:path>/<int:pk>/erase", personal.erase_page, name="console-customer-erase"),
    path("customers/files/<int:pk>", personal.personal_file, name="console-customer-file"),
]
