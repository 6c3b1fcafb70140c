"""Pages of social that are no module."""

from django.urls import path

from . import hook, keyword_pages, network_pages, own_pages, talk_pages, views
from .related import inviting, pages, pictures
from .related import messages as related_messages

urlpatterns = [
    path("social/", views.monitor, name="social-home"),
    path("social/settings/channels/", views.channels_page, name="social-channels"),
    path("social/settings/channels/brand", views.add_brand, name="social-add-brand"),
    path("social/settings/channels/<int:pk>/disconnect", views.disconnect, name="social-disconnect"),
    path("social/settings/channels/<int:pk>/keywords", keyword_pages.add, name="social-keyword-add"),
    path("social/settings/keywords/<int:pk>/<slug:verb>", keyword_pages.change, name="social-keyword"),
    path("social/settings/networks/<slug:key>/", network_pages.network_page, name="social-network"),
    path("social/settings/networks/<slug:key>/listen", network_pages.listen, name="social-listen"),
    path("hooks/<slug:key>/deauthorize", hook.access_withdrawn, name="social-deauthorize"),
    path("hooks/<slug:key>/deletion", hook.data_withdrawn, name="social-delete"),
    path("hooks/<slug:key>/deletion/<slug:code>", hook.deletion, name="social-deletion"),
    path("me/social/", own_pages.page, name="my-social"),
    path("me/social/<int:pk>/off", own_pages.off, name="my-social-off"),
    path("me/social/<int:pk>/ends", own_pages.ends, name="my-social-ends"),
    path("me/social/connect/<slug:key>/", own_pages.connect, name="my-social-connect"),
    path("social/picture", pictures.picture, name="social-picture"),
    path("social/who/<slug:app>/<slug:path>/<int:pk>/<slug:key>/", pages.associate, name="social-associate"),
    path("social/who/<slug:app>/<slug:path>/<int:pk>/<slug:key>/link", pages.link_one, name="social-link"),
    path("social/who/<slug:app>/<slug:path>/<int:pk>/<slug:key>/unlink", pages.unlink_one, name="social-unlink"),
    path("social/who/<slug:app>/<slug:path>/<int:pk>/<slug:key>/look", pages.look, name="social-look"),
    path("social/who/<slug:app>/<slug:path>/<int:pk>/<slug:key>/invite", inviting.invite, name="social-invite"),
    path("social/who/<slug:app>/<slug:path>/<int:pk>/<slug:key>/note", pages.note, name="social-note"),
    path("social/talk/<slug:app>/<slug:path>/<int:pk>/", talk_pages.page, name="social-talk"),
    path("social/talk/<slug:app>/<slug:path>/<int:pk>/as", talk_pages.speak_as, name="social-speak-as"),
    path("social/talk/<slug:app>/<slug:path>/<int:pk>/read", talk_pages.read, name="social-read"),
    path("social/talk/<slug:app>/<slug:path>/<int:pk>/mention/<int:profile>", talk_pages.mention, name="social-mention"),
    path("social/talk/<slug:app>/<slug:path>/<int:pk>/mentioned", talk_pages.mentioned, name="social-mentioned"),
    path("social/talk/<slug:app>/<slug:path>/<int:pk>/settle/<int:delivery>", talk_pages.settle, name="social-settle"),
    path("social/talk/<slug:app>/<slug:path>/<int:pk>/<int:post>/say", talk_pages.say, name="social-say"),
    path("social/talk/<slug:app>/<slug:path>/<int:pk>/<int:post>/ways", talk_pages.ways, name="social-ways"),
    path("social/talk/<slug:app>/<slug:path>/<int:pk>/<int:post>/<slug:verb>", talk_pages.press, name="social-press"),
    path("social/with/<slug:app>/<slug:path>/<int:pk>/messages", related_messages.page, name="social-messages"),
    path("social/with/<slug:app>/<slug:path>/<int:pk>/messages/older", related_messages.older, name="social-messages-older"),
    path("social/with/<slug:app>/<slug:path>/<int:pk>/messages/<int:delivery>", related_messages.settle, name="social-messages-settle"),
    path("hooks/<slug:key>", hook.hook, name="social-hook"),
    path("social/connect/<slug:key>/", views.connect, name="social-connect"),
    path("social/connect/<slug:key>/callback", views.callback, name="social-callback"),
]
