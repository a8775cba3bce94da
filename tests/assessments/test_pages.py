"""The pages of runs: they show, in the same number of queries whatever the number of bodies, to whom they may."""

import pytest
from django.urls import reverse

from assessments.models import BodyResult, Run, Standard
from assessments.services import compute_now, prepare_run
from tests.assessments.facts import AS_OF, YEAR


def computed(standard, area, as_of=AS_OF) -> Run:
    run = prepare_run(standard=Standard.objects.get(code=standard), area=area, year=YEAR, as_of=as_of, by=None)
    compute_now(run)
    return Run.objects.get(pk=run.pk)


@pytest.fixture
def runs(county):
    return {
        code: computed(code, county) for code in ("nine_haves_2012", "six_haves_2012", "township_2012", "village_2012")
    }


def pages_of(run):
    names = ["run-detail", "run-matrix", "run-compare"]
    if not run.standard.is_checklist:
        names.append("run-league")
    return [reverse(name, args=[run.pk]) for name in names]


def test_every_page_of_a_run_shows_to_the_clerk(runs, as_user):
    client = as_user("clerk")
    pages = [reverse("run-list"), reverse("run-add"), reverse("standard-list"), reverse("home")]
    pages += [reverse("standard-detail", args=[standard.code]) for standard in Standard.objects.all()]
    for run in runs.values():
        pages += pages_of(run)
        for result in BodyResult.objects.filter(run=run)[:2]:
            pages.append(reverse("run-body", args=[run.pk, result.organisation_id]))
            pages += [reverse("run-item", args=[run.pk, result.organisation_id, code]) for code in result.items]
    for page in pages:
        response = client.get(page)
        assert response.status_code == 200, page
        assert "<h1" in response.content.decode()
