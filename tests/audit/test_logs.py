"""Logs: one line of JSON a request, and no personal data in any of them."""

import io
import json
import logging
import uuid

import pytest
import structlog
from django.db import IntegrityError
from django.urls import path, reverse

from federation.shared.logs import JsonFormatter
from federation.shared.numbers import mask_numbers
from federation.shared.permissions import PUBLIC, requires
from tests.audit.conftest import CERTIFICATE, ID_NUMBER, PHONE

NUMBERS = [
    ID_NUMBER,
    PHONE,
    CERTIFICATE,
    "62999919900101123X",
    "629999900101123",
    "6217000000000001234",
    "１３９０００００００１",
]


@pytest.fixture
def lines():
    """What the product's formatter writes, as a list of dictionaries once read."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    root, level = logging.getLogger(), logging.getLogger().level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.removeHandler(handler)
    root.setLevel(level)


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("shape", ["{}", "身份证{}有误", "id={};", "a{}b", "{}、{}", '{{"id": "{}"}}', "{}\n{}"])
def test_a_number_that_identifies_a_person_is_masked_in_any_text(number, shape):
    text = shape.format(number, number)
    assert number not in mask_numbers(text) and "*" * 11 in mask_numbers(text)


@pytest.mark.parametrize(
    "text",
    ["620422102201", "2026-11-21 20:15:03.123456", "共 1234567890 条", "6204221022",
     str(uuid.UUID(int=10**37 // 3)), "a" * 12, "12345678-1234-1234-1234-123456789012", "0" * 64],
)  # fmt: skip
def test_division_codes_dates_counts_and_row_identifiers_stay_readable(text):
    assert mask_numbers(text) == text


def test_numbers_are_masked_wherever_they_stand_in_a_record(lines):
    logging.getLogger("orgs").warning("号码 %s", ID_NUMBER)
    structlog.get_logger("orgs").warning("号码", number=ID_NUMBER, nested={"phones": [PHONE]}, digits=int(PHONE))
    text = json.dumps(lines(), ensure_ascii=False)
    assert ID_NUMBER not in text and PHONE not in text
    first, second = lines()
    assert first["event"] == "号码 ******************" and first["level"] == "warning" and first["logger"] == "orgs"
    assert second["nested"] == {"phones": ["***********"]} and second["digits"] == "***********"


def test_an_exception_keeps_its_frames_and_loses_the_row_it_quotes(lines):
    try:
        raise IntegrityError(
            "duplicate key value violates unique constraint\nDETAIL:  Key (name)=(张三) already exists."
        )
    except IntegrityError:
        logging.getLogger("orgs").exception("保存失败")
        structlog.get_logger("orgs").exception("保存失败")
    assert len(lines()) == 2
    for line in lines():
        assert "test_logs.py" in line["error"] and "IntegrityError: duplicate key" in line["error"]
        assert "张三" not in line["error"] and "already exists" not in line["error"]


def requests(lines):
    return [line for line in lines() if "request" in line]


@pytest.mark.django_db
def test_a_request_is_one_line_without_the_values_of_its_query(lines, as_user, world):
    as_user("auditor").get(reverse("audit-list"), {"username": "张三", "target": "7"})
    (line,) = requests(lines)
    assert line["request"] == "GET /audit/?target&username"
    assert (line["code"], line["user_id"], line["event"]) == (200, world.auditor.pk, "request_finished")
    assert line["request_id"]
    assert "张三" not in json.dumps(lines(), ensure_ascii=False) and "127.0.0.1" not in json.dumps(lines())


@pytest.mark.django_db
def test_a_refused_and_a_missing_page_are_one_line_each(lines, as_user):
    client = as_user("clerk")
    client.get(reverse("audit-list"))
    client.get("/nothing-here/")
    assert [line["code"] for line in requests(lines)] == [403, 404]
    assert len(lines()) == 2


@requires(PUBLIC)
def broken(request):
    raise ValueError(f"号码 {ID_NUMBER} 不对")


urlpatterns = [path("broken/", broken)]


@pytest.mark.urls("tests.audit.test_logs")
@pytest.mark.django_db
def test_an_error_is_one_line_with_its_frames_and_without_the_number(lines, client):
    client.raise_request_exception = False
    client.get("/broken/?id=" + ID_NUMBER)
    (line,) = lines()
    assert (line["code"], line["event"], line["request"]) == (500, "request_failed", "GET /broken/?id")
    assert "in broken" in line["error"] and ID_NUMBER not in json.dumps(line, ensure_ascii=False)


@pytest.mark.django_db
def test_the_address_counts_that_a_trusted_proxy_names_and_no_other(rf, settings):
    from federation.shared.audit import client_address

    request = rf.get("/", HTTP_X_FORWARDED_FOR="10.9.9.9, 192.0.2.7")
    assert client_address(request) == "127.0.0.1"
    settings.AXES_IPWARE_PROXY_COUNT = 1
    assert client_address(request) == "192.0.2.7"
    settings.AXES_IPWARE_PROXY_COUNT = 3
    assert client_address(request) == "127.0.0.1"
    settings.AXES_IPWARE_PROXY_COUNT = 1
    assert client_address(rf.get("/", HTTP_X_FORWARDED_FOR="<script>")) == ""


@pytest.mark.django_db
def test_an_audit_reason_and_a_browser_name_keep_no_number(as_user, world, person):
    from federation.shared.models import AuditEntry

    client = as_user("member")
    url = reverse("reveal", args=["ledgers.disabledperson", person.uid, "phone"])
    client.post(url, {"reason": f"核对 {ID_NUMBER} 的电话"}, HTTP_USER_AGENT=f"browser\x00 {'x' * 300}")
    entry = AuditEntry.objects.get(action="shared.number.revealed")
    assert entry.reason == "核对 ****************** 的电话" and len(entry.user_agent) == 200
    assert "\x00" not in entry.user_agent
