"""Addresses of the console."""

from django.urls import path

from . import choices, fields, layouts, organisation, pipelines, rates, system, views

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
    path("pipelines/", pipelines.pipelines_page, name="console-pipelines"),
    path("organisation/", organisation.organisation_page, name="console-organisation"),
    path("currencies/", rates.rates_page, name="console-rates"),
    path("currencies/<int:pk>", rates.edit_rate, name="console-rate"),
    path("currencies/<int:pk>/delete", rates.delete_rate, name="console-rate-delete"),
    path("system/", system.system_page, name="console-system"),
    path("system/jobs/<int:pk>", system.try_again, name="console-try-again"),
    path("audit/", system.audit_page, name="console-audit"),
]
