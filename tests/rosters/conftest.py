"""Sends a workbook through the real course: the upload is kept, the jobs run, the rows are there or are not."""

import pytest

from federation.shared.jobs import run_now
from federation.shared.models import RosterImport
from federation.shared.rosters import course as steps
from federation.shared.rosters import services, staging


class Course:
    """One importer's imports; `send` gives the checked import, `confirm` the written one."""

    def __init__(self, user, organisation, commits):
        self.user = user
        self.organisation = organisation
        # Runs what waits for a commit, since a test's transaction never commits.
        self.commits = commits

    def send(
        self, data: bytes, kind="persons", mode=RosterImport.Mode.ALL_OR_NOTHING, name="名册.xlsx"
    ) -> RosterImport:
        roster_import = services.receive(
            kind=kind, file_name=name, chunks=[data], mode=mode, organisation=self.organisation, by=self.user
        )
        with self.commits(execute=True):
            run_now(steps.start_check(roster_import, by=self.user, post=False))
        roster_import.refresh_from_db()
        return roster_import

    def confirm(self, roster_import: RosterImport) -> RosterImport:
        steps.begin_confirming(roster_import, by=self.user, post=False)
        roster_import.refresh_from_db()
        run_now(roster_import.job)
        roster_import.refresh_from_db()
        return roster_import

    def undo(self, roster_import: RosterImport) -> RosterImport:
        steps.begin_undoing(roster_import, by=self.user, post=False)
        roster_import.refresh_from_db()
        run_now(roster_import.job)
        roster_import.refresh_from_db()
        return roster_import

    def written(self, data: bytes, **more) -> RosterImport:
        return self.confirm(self.send(data, **more))

    def errors(self, roster_import: RosterImport) -> list[str]:
        return [str(error) for error in staging.errors_of(roster_import)]


@pytest.fixture
def course(world, django_capture_on_commit_callbacks):
    return Course(world.clerk, world.county, django_capture_on_commit_callbacks)


@pytest.fixture
def township_course(world, django_capture_on_commit_callbacks):
    return Course(world.director, world.township, django_capture_on_commit_callbacks)


@pytest.fixture(autouse=True)
def _own_media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
