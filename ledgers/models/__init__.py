from ledgers.models.files import Attachment, PersonDraft
from ledgers.models.households import Household
from ledgers.models.moves import DistinctPair, PersonMerge, Transfer
from ledgers.models.persons import DisabilityCategory, DisabilityGrade, DisabledPerson
from ledgers.models.privacy import Erasure, ErasureProposal, PersonRequest
from ledgers.models.saved_filters import SavedFilter
from ledgers.models.summaries import RosterSummary, SummaryState

__all__ = [
    "Attachment",
    "DisabilityCategory",
    "DisabilityGrade",
    "DisabledPerson",
    "DistinctPair",
    "Erasure",
    "ErasureProposal",
    "Household",
    "PersonDraft",
    "PersonMerge",
    "PersonRequest",
    "RosterSummary",
    "SavedFilter",
    "SummaryState",
    "Transfer",
]
