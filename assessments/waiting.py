"""What of appraisals and of the selection waits for somebody: counted on the start page, listed behind it."""

from assessments import selections
from assessments.courses import State
from assessments.models import MemberResult, Nomination, NominationOpinion, Objection

SCORED = (State.COMPUTED, State.REVIEWED)


def results_to_score(user):
    """Of an appraisal that is computed and not published, those that wait for points this account may give."""
    rows = MemberResult.objects.visible_to(user, "appraisals.score")
    return rows.filter(appraisal__state__in=SCORED, pending__gt=0).exclude(worker__account=user)


def objections_to_decide(user):
    rows = Objection.objects.visible_to(user, Objection.edit_permission).filter(state=Objection.State.OPEN)
    return rows.exclude(created_by=user).exclude(result__worker__account=user)


def nominations_to_judge(user):
    """Nominations of which it is now the turn of a body at which the account speaks."""
    permission = NominationOpinion.edit_permission
    own = {scope.path for scope in user.scopes(permission)}
    rows = Nomination.objects.visible_to(user, permission).filter(state=Nomination.State.ASKED)
    rows = rows.exclude(created_by=user).exclude(worker__account=user)
    asked = selections.bodies_asked(rows.only("pk", "org_path")) if own else {}
    return rows.filter(pk__in=[pk for pk, body in asked.items() if body is not None and body.path in own])
