"""Pages of the help desk. A ticket's own page stands at the address every record has."""

from django.urls import path, re_path

from . import views

urlpatterns = [
    path("helpdesk/", views.home, name="helpdesk-home"),
    path("helpdesk/tickets/<int:pk>/", views.ticket_page, name="ticket"),
    path("helpdesk/tickets/<int:pk>/entries", views.entries, name="ticket-entries"),
    path("helpdesk/tickets/<int:pk>/say", views.say, name="ticket-say"),
    path("helpdesk/tickets/<int:pk>/entries/<int:entry_id>", views.settle, name="ticket-settle"),
    re_path(r"^helpdesk/tickets/(?P<pk>\d+)/(?P<key>close|reopen|assign)$", views.act, name="ticket-act"),
]
