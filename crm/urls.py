"""Pages of the CRM that are no module."""

from django.urls import path

from . import home, views_calendar, views_convert, views_feed, views_mapping
from .reports import editing, pages
from .scoring import views as scores

urlpatterns = [
    path("crm/", home.home_page, name="crm-home"),
    path("crm/stream", home.stream_part, name="crm-stream"),
    path("crm/day/", views_calendar.day_page, name="crm-day"),
    path("crm/calendar/", views_calendar.calendar_page, name="crm-calendar"),
    path("crm/calendar/feed/", views_feed.feed_page, name="crm-feed"),
    path("crm/calendar/feed/renew", views_feed.renew_feed, name="crm-feed-renew"),
    path("crm/calendar/feed/stop", views_feed.stop_feed, name="crm-feed-stop"),
    path("crm/calendar/feed/<str:secret>.ics", views_feed.feed_file, name="crm-feed-file"),
    path("crm/leads/<int:pk>/convert", views_convert.convert_page, name="crm-convert"),
    path("crm/leads/<int:pk>/undo-conversion", views_convert.undo_page, name="crm-undo-conversion"),
    path("crm/<slug:path>/<int:pk>/score", scores.score_page, name="crm-score"),
    path("crm/scores/", scores.rules_page, name="crm-scores"),
    path("crm/scores/new", scores.new_rule, name="crm-score-new"),
    path("crm/scores/<int:pk>/", scores.edit_rule, name="crm-score-rule"),
    path("crm/scores/<int:pk>/switch", scores.switch_rule, name="crm-score-switch"),
    path("crm/scores/<int:pk>/delete", scores.delete_rule, name="crm-score-delete"),
    path("admin_console/conversion/", views_mapping.mapping_page, name="crm-mapping"),
    path("crm/reports/", pages.all_page, name="crm-reports"),
    path("crm/reports/<slug:key>/", pages.report_page, name="crm-report"),
    path("crm/reports/<slug:key>/chart", pages.chart_part, name="crm-report-chart"),
    path("crm/reports/<slug:key>/export", pages.export, name="crm-report-export"),
    path("crm/reports/<slug:key>/save", editing.save, name="crm-report-save"),
    path("crm/reports/<slug:key>/delete", editing.delete, name="crm-report-delete"),
    path("crm/reports/<slug:key>/pin", editing.pin, name="crm-report-pin"),
    path("crm/targets/", editing.targets, name="crm-targets"),
]
