from assessments.models.appraisals import Appraisal, MemberPoints, MemberResult, Objection
from assessments.models.rounds import GivenPoints, Round, RoundResult, RoundState
from assessments.models.runs import AreaResult, BodyResult, ManualScore, Run
from assessments.models.selections import Nomination, NominationObjection, NominationOpinion
from assessments.models.standards import Standard, definition_hash

__all__ = [
    "Appraisal",
    "AreaResult",
    "BodyResult",
    "GivenPoints",
    "ManualScore",
    "MemberPoints",
    "MemberResult",
    "Nomination",
    "NominationObjection",
    "NominationOpinion",
    "Objection",
    "Round",
    "RoundResult",
    "RoundState",
    "Run",
    "Standard",
    "definition_hash",
]
