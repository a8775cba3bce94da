"""One column of a roster: what it is called, how a cell becomes a value, and what the template says of it."""

import functools
from collections.abc import Callable
from dataclasses import dataclass

from federation.shared import normalise
from federation.shared.normalise import Dictionary, NotNormal
from federation.shared.workbooks.cells import BOOLEAN, DATE, ERROR, NUMBER, UNCALCULATED

AS_TEXT = "请将该列设为“文本”格式后重填。"


@dataclass(frozen=True)
class RosterColumn:
    """`field` is the name of the value in the table and, where a row is one record, of the model's field.

    `kind`: text, identity (numbers that a spreadsheet must not touch), date, amount, whole, code, phone.
    `clean` turns the text of a cell into the one way it is kept, or raises NotNormal.
    """

    field: str
    heading: str
    clean: Callable[[str], str] = normalise.text
    synonyms: tuple[str, ...] = ()
    kind: str = "text"
    required: bool = False
    example: str = ""
    help: str = ""
    width: int = 14
    max_length: int = 200
    # How the preview says a value, where it is kept as a code.
    say: Callable[[str], str] | None = None
    # Name of its mask (see sealed.MASKS) where the value identifies a person.
    sealed: str = ""
    # Offered in the template; columns without it are read where they occur.
    in_template: bool = True

    @property
    def dictionary(self) -> Dictionary | None:
        return self.clean if isinstance(self.clean, Dictionary) else None

    @property
    def names(self) -> tuple[str, ...]:
        return (self.heading, *self.synonyms)

    def read(self, cell: str) -> str:
        """The value of a cell as it came from the child process, "" for an empty one."""
        if cell[:1] in _MARKS:
            cell = self._read_marked(cell[0], cell[1:])
        value = self.clean(cell)
        if len(value) > self.max_length:
            raise NotNormal(f"内容有 {len(value)} 个字，最多 {self.max_length} 个。请缩短。")
        return value

    def _read_marked(self, mark: str, text: str) -> str:
        if mark == ERROR:
            raise NotNormal(f"单元格里是错误值 {text or '#N/A'}。请改成正确的内容。")
        if mark == UNCALCULATED:
            raise NotNormal("单元格里是公式，文件中没有它的计算结果。请把公式粘贴为数值后再上传。")
        if mark == DATE:
            return self._read_date(text)
        if mark == BOOLEAN:
            return text
        return self._read_number(text)

    def _read_date(self, text: str) -> str:
        if self.kind == "date":
            return text[:10]
        raise NotNormal(f"内容被 Excel 转成了日期（{text[:10]}）。{AS_TEXT}")

    def _read_number(self, text: str) -> str:
        if self.kind == "identity":
            raise NotNormal(f"号码存成了数字，超过 15 位的部分已经丢失，不能补救。{AS_TEXT}")
        if self.kind == "date" and not (text.isdigit() and len(text) == 8):
            raise NotNormal(f"是数字 {text[:20]}，不是日期。请把该列设为日期格式，或写成 2012-03-28 的样子。")
        return text

    @functools.cached_property
    def shown_kind(self) -> str:
        """What the writer calls this kind of cell."""
        return {"amount": "money", "date": "date"}.get(self.kind, "text")


_MARKS = frozenset((ERROR, UNCALCULATED, DATE, BOOLEAN, NUMBER))
