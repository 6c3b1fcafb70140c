"""`manage.py twins [module …]`: go through all records and find the duplicates anew, here and now."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from core.identity import grouping
from core.identity.keys import known_modules
from core.identity.models import TwinGroup, TwinState
from core.work import jobs
from core.work.models import DONE


class Command(BaseCommand):
    help = "Make the identity keys and the groups of duplicates anew, of all modules of people and companies or of those named."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("modules", nargs="*", help="such as crm.lead")

    def handle(self, *args: Any, **asked: Any) -> None:
        known = {one.key: one for one in known_modules()}
        if unknown := set(asked["modules"]) - known.keys():
            raise CommandError(f"No module of people or companies: {', '.join(sorted(unknown))}. There are {', '.join(known)}.")
        for key in asked["modules"] or known:
            TwinState.objects.filter(module=key).delete()
            job = grouping.begin(known[key])
            state = jobs.work(job.pk)
            while state == "waiting":  # its time slice ended
                state = jobs.work(job.pk)
            if state != DONE:
                raise CommandError(f"{key}: the job {job.pk} is {state or 'being worked on by a worker'}; see /jobs/{job.pk}/.")
            self.stdout.write(f"{TwinGroup.objects.filter(module=key).count():>9,} groups of {key}")
