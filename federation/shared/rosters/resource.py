"""What a kind of roster declares, carried by an import-export Resource: columns become its fields.

One list of columns drives the template, the reader, the preview, the error workbook and the export.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import astuple, dataclass
from operator import attrgetter

from import_export.fields import Field
from import_export.resources import Resource
from import_export.widgets import Widget

from federation.shared.normalise import Dictionary
from federation.shared.rosters.columns import RosterColumn
from federation.shared.sealed import SealedText
from federation.shared.workbooks import Column, Sheet


class RosterRefused(Exception):
    """The file as a whole cannot be taken; the message is for the person who sent it."""


def lacking(sentence: str, headings: list[str], unknown: Iterable[tuple[str, str]]) -> RosterRefused:
    """The refusal of a file that lacks `headings`; of `unknown` (written, resembled) it names what may be meant."""
    near = [f"“{written}”像是“{known}”" for written, known in unknown if known in headings]
    cure = "请补上（写法以下载的模板为准）后再上传。"
    if near:
        cure = f"表里的{'、'.join(near)}：是同一项的请改过来，不是的{cure}"
    return RosterRefused(sentence + cure)


class PreviewOutdated(Exception):
    """What is stored has changed since the preview; nothing was written."""


@dataclass
class TakenIn:
    """How many people registered elsewhere passed over at once, were asked for, or were left where they are."""

    moved: int = 0
    asked: int = 0
    already_asked: int = 0
    left_out: int = 0

    def __add__(self, other: "TakenIn") -> "TakenIn":
        return TakenIn(*(mine + more for mine, more in zip(astuple(self), astuple(other), strict=True)))


class ColumnWidget(Widget):
    """A roster column as import-export's widget: the same reading and the same words for its own importer."""

    def __init__(self, column: RosterColumn):
        super().__init__()
        self.column = column

    def clean(self, value, row=None, **kwargs):
        return self.column.read("" if value is None else str(value)) or None

    def render(self, value, obj=None, *, sealed: Callable[[SealedText], str] = SealedText.masked, **kwargs):
        """What a file holds for `value`, such that `clean` gives the same value back."""
        if value is None or value == "":
            return ""
        if isinstance(value, SealedText):
            return sealed(value)
        if isinstance(value, bool):
            value = "1" if value else "0"
        if isinstance(self.column.clean, Dictionary):
            return self.column.clean.word(str(value))
        return value


class RosterResource(Resource):
    """Base of the kinds. A kind gives `columns` and the methods below; rows of a table are addressed by index."""

    kind = ""
    title = ""
    position = 0
    description = ""
    # (URL name, label) of the page that goes on from a written import; none where nothing is left to do.
    goes_on: tuple[str, str] | None = None
    # What importing this kind takes besides `rosters.import`.
    permission = ""
    columns: tuple[RosterColumn, ...] = ()
    # Whether a block of rows can be written without the others, because no two rows speak of the same record.
    in_blocks = True

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        for column in self.columns:
            self.fields[column.field] = Field(
                attribute=column.field,
                column_name=column.heading,
                widget=ColumnWidget(column),
            )

    def headings(self) -> dict[str, tuple[str, ...]]:
        """Field → heading and synonyms, as the reader wants them."""
        return {column.field: column.names for column in self.columns}

    def column_of(self, field: str) -> RosterColumn:
        return next(column for column in self.columns if column.field == field)

    def template_columns(self) -> list[RosterColumn]:
        return [column for column in self.columns if column.in_template]

    def check_headings(self, fields: set[str], unknown: Iterable[tuple[str, str]] = ()):
        """Refuse a file that lacks a column without which no row can be right.

        `unknown` are its headings that no column has, each with the known one that it resembles or "".
        """
        missing = [column.heading for column in self.columns if column.required and column.field not in fields]
        if missing:
            raise lacking(f"表头缺少：{'、'.join(missing)}。", missing, unknown)

    def sheet_of(
        self, rows, *, sealed: Callable[[SealedText], str], columns: Iterable[RosterColumn] | None = None
    ) -> Sheet:
        """`rows` (a queryset of the kind's model) as the sheet that this roster reads.

        `sealed` gives what stands for a sealed value: its mask, nothing, or the number where the caller has made
        sure that it may leave and has audited it.
        """
        columns = list(self.columns if columns is None else columns)
        written = [Column(column.heading, column.width, column.shown_kind) for column in columns]
        return Sheet(self.title, written, self._written_rows(rows, columns, sealed))

    def _written_rows(self, rows, columns: list[RosterColumn], sealed) -> Iterator[list]:
        elsewhere = self.values_elsewhere(rows)
        cells = [
            (self.fields[column.field].widget.render, elsewhere.get(column.field) or attrgetter(column.field))
            for column in columns
        ]
        for row in rows.iterator(chunk_size=2000):
            yield [render(value_of(row), sealed=sealed) for render, value_of in cells]

    # --- what a kind does -------------------------------------------------------------------------

    def values_elsewhere(self, rows) -> dict[str, Callable]:
        """For columns that are not fields of the model: {field: what gives its value for a row}, set-based."""
        return {}

    def places_of(self, roster_import, user):
        """What rows may be written for, asked with the rights of `user` now."""
        raise NotImplementedError

    def place_choices(self, places) -> list[tuple[str, str]]:
        """(township, village) names for the template's second sheet."""
        return []

    def check(self, table, places):
        """Find every row's place, doubles and contradictions; refuse rows through `table.refuse`."""
        raise NotImplementedError

    def compare(self, table, places, *, lock: bool = False):
        """Set outcome, target and changes of the rows that are not wrong, against what is stored."""
        raise NotImplementedError

    def is_still_current(self, table, places) -> bool:
        """Compare a staged table once more, under lock; False where it would now come out differently."""
        previewed = (list(table.outcomes), list(table.changes))
        table.changes = [None] * len(table)
        self.compare(table, places, lock=True)
        return (table.outcomes, table.changes) == previewed

    def write(self, table, places, *, roster_import, by) -> dict:
        """Write the new and changed rows of a compared table; what an undo needs to know, as JSON."""
        raise NotImplementedError

    # Whether people whom a file finds registered elsewhere can be asked for; then the two methods below are there.
    asks_for_people = False

    @property
    def way_for_people_elsewhere(self) -> str:
        return "需要转入的，请申请转入。" if self.asks_for_people else "怎样办理，见“读的时候发现”。"

    def count_within(self, table) -> int:
        """How many rows of a compared table are registered at another body of the importer's own area."""
        return 0

    def may_ask(self, roster_import, user, *, at_once: bool) -> bool:
        """Whether `user` may ask for people on behalf of the import's body; `at_once`: and decide for both sides."""
        return False

    def ask_for(self, table, indexes, places, *, by, source: str, at_once: bool, others: bool) -> TakenIn:
        """Ask that the people of these rows pass to the bodies the file names.

        `at_once`: those of the own area do so now; `others`: the rest is asked for. Nobody whose name differs from
        the file's: who typed a number learns nothing by it.
        """
        raise NotImplementedError

    def told_before(self, roster_import, user) -> str:
        """What becomes of the rows once `user` has written them, for the page that asks; "" where nothing more."""
        return ""

    def created_rows(self, written: list[dict], *, roster_import) -> dict[str, list[int]]:
        """What an undo will delete: {label: pks}. Here the rows that name the import as their source."""
        rows = self.model._base_manager.filter(source_import=roster_import.pk)
        return {self.model._meta.label_lower: list(rows.values_list("pk", flat=True))}

    def undo(self, written: list[dict], *, roster_import, by):
        """Take back what `write` did. Raises RosterRefused where a row has been changed since."""
        raise NotImplementedError
