"""The administrator sends in a list of divisions; a job loads it."""

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile

from federation.shared.jobs import run_now
from federation.shared.models import Job
from orgs.models import Organisation

GOOD = """level,code,name,parent_code
county,620422000000,会宁县,
township,620422102000,河畔镇,620422000000
village,620422102200,河畔村委会,620422102000
"""
BAD = GOOD + "village,62042210220,错码村,620422102000\n"


def send(browser, text, name="清单.csv", **more):
    answer = browser.post("division-upload", file=SimpleUploadedFile(name, text.encode()), **more)
    if answer.status_code == 302:
        job = Job.objects.get()
        run_now(job)
        job.refresh_from_db()
        return job
    return answer


def test_an_uploaded_list_is_loaded_and_its_result_shown(browse, world, django_capture_on_commit_callbacks):
    administrator = browse("administrator")
    assert administrator.get("division-upload").status_code == 200
    with django_capture_on_commit_callbacks(execute=True):
        job = send(administrator, GOOD)
    assert job.state == Job.State.DONE
    assert Organisation.objects.filter(code__startswith="620422102").count() == 2
    assert "新建机构 2 个" in administrator.get("division-result", job.pk).content.decode()
    assert not default_storage.exists(job.payload["file"])


def test_a_list_with_mistakes_stores_nothing_and_shows_row_column_and_cure(
    browse, world, django_capture_on_commit_callbacks
):
    administrator = browse("administrator")
    before = Organisation.objects.count()
    with django_capture_on_commit_callbacks(execute=True):
        job = send(administrator, BAD)
    assert job.state == Job.State.FAILED
    assert Organisation.objects.count() == before
    page = administrator.get("division-result", job.pk).content.decode()
    assert "第 5 行" in page
    assert "是 11 位" in page
    assert not default_storage.exists(job.payload["file"])


def test_a_list_of_somebody_elses_area_is_refused(browse, world):
    foreign = GOOD.replace("620422", "620423").replace("会宁县", "景泰县")
    job = send(browse("administrator"), foreign)
    assert job.state == Job.State.FAILED
    assert "不在您负责的范围内" in str(job.result["problems"])


@pytest.mark.parametrize(("name", "more"), [("清单.exe", {}), ("清单.csv", {"under": "62"})])
def test_a_wrong_file_or_code_is_refused_before_any_job(browse, world, name, more):
    answer = send(browse("administrator"), GOOD, name, **more)
    assert answer.status_code == 422
    assert not Job.objects.exists()


def test_only_who_manages_bodies_sends_lists_and_results_stay_with_their_requester(browse, world):
    assert browse("director").get("division-upload").status_code == 403
    job = send(browse("administrator"), GOOD)
    assert browse("other_clerk").get("division-result", job.pk).status_code == 404
