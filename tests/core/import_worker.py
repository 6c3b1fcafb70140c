"""Loaded by the worker processes of test_import_services: files on disk that the test can share, and small steps."""

from django.conf import settings
from django.core.files.storage import default_storage, storages
from django.utils.functional import empty

from core.record import importing

settings.STORAGES = {**settings.STORAGES, "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"}}
storages.__dict__.pop("backends", None)
storages._storages.clear()
default_storage._wrapped = empty
importing.CHUNK = 100
