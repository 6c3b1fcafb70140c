"""What one request costs inside the server: time, processor time and queries, told in a header of the answer."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from django.db import connection
from django.http import HttpRequest, HttpResponse


class Meter:
    """The outermost middleware, before the product's and the bare views alike."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        asked = [0, 0.0]

        def count(execute: Any, sql: str, parameters: Any, many: bool, context: Any) -> Any:
            began = time.perf_counter()
            try:
                return execute(sql, parameters, many, context)
            finally:
                asked[0] += 1
                asked[1] += time.perf_counter() - began

        began, worked = time.perf_counter(), time.thread_time()
        with connection.execute_wrapper(count):
            response = self.get_response(request)
        took, worked = time.perf_counter() - began, time.thread_time() - worked
        response["X-Meter"] = f"{took * 1000:.3f} {worked * 1000:.3f} {asked[0]} {asked[1] * 1000:.3f}"
        return response
