"""Pages of rules. They stand where people look for them: among the settings of Social (SOC-38)."""

from django.urls import path

from . import views

urlpatterns = [
    path("social/settings/rules/", views.rules_page, name="rules"),
    path("social/settings/rules/new", views.new_rule, name="new-rule"),
    path("social/settings/rules/<int:pk>", views.edit_rule, name="edit-rule"),
    path("social/settings/rules/<int:pk>/switch", views.switch_rule, name="switch-rule"),
    path("social/settings/rules/<int:pk>/delete", views.delete_rule, name="delete-rule"),
]
