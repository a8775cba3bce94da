"""Logs: one line of JSON a record, one record a request, without personal data.

What is logged is chosen: method, path without the values of its query, status, user id. The formatter is a
second wall: numbers that identify a person, values in addresses and the rows that PostgreSQL quotes in its
errors are masked wherever they come from.
"""

import re
import sys
import traceback

import structlog
from django_structlog.middlewares import RequestMiddleware

from federation.shared.numbers import mask_numbers

_QUERY_VALUE = re.compile(r"([?&][\w.\[\]-]{1,60}=)[^&\s\"']+")
# "DETAIL: Key (name)=(张三) already exists", "Failing row contains (…)".
_ROW_OF_DATABASE = re.compile(r"(DETAIL:|Failing row contains|CONTEXT:).*", re.DOTALL)


def cleaned(value):
    """`value` without personal data, as far as a program can see it."""
    if isinstance(value, str):
        return _ROW_OF_DATABASE.sub(r"\1 …", _QUERY_VALUE.sub(r"\1…", mask_numbers(value)))
    if isinstance(value, dict):
        return {cleaned(str(key)): cleaned(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set)):
        return [cleaned(item) for item in value]
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, (int, float)):
        masked = mask_numbers(str(value))
        return value if masked == str(value) else masked
    return cleaned(str(value))


def clean_event(logger, method, event):
    return cleaned(event)


def plain_traceback(logger, method, event):
    """The frames and the message of an exception; never the values of local variables."""
    error = event.pop("exc_info", None)
    if error is True:
        error = sys.exc_info()
    if isinstance(error, BaseException):
        error = (type(error), error, error.__traceback__)
    if error and error[0] is not None:
        event["error"] = "".join(traceback.format_exception(*error))
    return event


_SHARED_PROCESSORS = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
]


class JsonFormatter(structlog.stdlib.ProcessorFormatter):
    """Formats the records of structlog and of the standard library alike."""

    def __init__(self):
        super().__init__(
            foreign_pre_chain=[*_SHARED_PROCESSORS, structlog.stdlib.ExtraAdder(allow=())],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                plain_traceback,
                clean_event,
                structlog.processors.JSONRenderer(ensure_ascii=False, default=str),
            ],
            use_get_message=True,
        )


structlog.configure(
    processors=[
        structlog.stdlib.filter_by_level,
        *_SHARED_PROCESSORS,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)


class RequestLogMiddleware(RequestMiddleware):
    """One line a request: method, path, status, user id. The query's values stay out of it."""

    @staticmethod
    def format_request(request) -> str:
        names = "&".join(sorted(request.GET))
        return f"{request.method} {request.path}" + (f"?{names}" if names else "")
