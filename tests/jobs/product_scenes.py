"""What is killed at every statement by product_run: one scene a kind of job, and one a service that does much at once.

A scene prepares the work and gives `work()`, which may be called again after it died anywhere, and `left_behind()`,
whose first value is a number above nought.
"""

from tests.jobs import job_scenes as jobs
from tests.jobs import money_scenes as money
from tests.jobs import service_scenes as services

# Kinds of jobs by their registered names; the rest are services.
SCENES = {
    "rosters.check": jobs.check,
    "rosters.confirm": jobs.roster,
    "rosters.undo": jobs.undo,
    "assessments.run": jobs.assessment,
    "assessments.appraisal": jobs.appraisal,
    "committees.subsidies": jobs.subsidies,
    "committees.bank_sheet": money.bank_sheet,
    "committees.notices": money.notices,
    "exports.make": jobs.export,
    "ledgers.forms": jobs.forms,
    "orgs.load_divisions": jobs.divisions,
    "retention": services.retention,
    "erasure": services.erasure,
    "transfer": services.transfer,
    "member_moves_on": services.member_moves_on,
}
