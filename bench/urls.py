"""Everything the product answers, and the bare views it is measured against."""

from django.urls import include, path

from bench import bare, bare_record

urlpatterns = [
    path("bare/list", bare.list_page),
    path("bare/record/<str:path>/<int:pk>", bare_record.record_page),
    path("bare/save/<int:pk>", bare.save),
    path("bare/hello", bare.hello),
    path("", include("config.urls")),
]
