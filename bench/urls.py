"""Everything the product answers, and the bare views it is measured against."""

from django.urls import include, path

from bench import bare

urlpatterns = [
    path("bare/list", bare.list_page),
    path("bare/record/<int:pk>", bare.record_page),
    path("bare/save/<int:pk>", bare.save),
    path("bare/hello", bare.hello),
    path("", include("config.urls")),
]
