"""The product's own settings, with the meter in front and the bare views beside its pages."""

from config.settings import *  # noqa: F403
from config.settings import MIDDLEWARE as THEIRS

MIDDLEWARE = ["bench.meter.Meter", *THEIRS]
ROOT_URLCONF = "bench.urls"
