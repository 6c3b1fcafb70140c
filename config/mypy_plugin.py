"""What lets `mypy core` know the models: the plugin of django-stubs, reading the settings of the tests."""

import os

os.environ.setdefault("ENISHI_ENV", "test")

from mypy_django_plugin.main import plugin  # noqa: E402, F401
