# ruff: noqa: F401
"""Tables of the base: one module per noun."""

from federation.shared.models.audit import AuditEntry, AuditHead
from federation.shared.models.exports import ExportFile, Submission
from federation.shared.models.history import ChangeRecord
from federation.shared.models.jobs import Chunk, Job, WorkerHost
from federation.shared.models.periods import JobGate, PeriodRun
from federation.shared.models.rosters import RosterImport, RosterSynonym, StagedBlock
