"""Further words for the headings of a roster, added by an administrator beside the built-in ones.

They are asked for once a file and kept nowhere in between, so that a word added now holds for the next file.
"""

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from federation.shared import audit
from federation.shared.history import create_versioned
from federation.shared.models.rosters import RosterSynonym
from federation.shared.workbooks.cells import fold_heading

# Headings that workbooks carry for their own use; a column of these is left out without a word.
PASSED_OVER = frozenset(("序号", "编号", "错误", "no", "no."))


def headings_of(roster) -> dict[str, tuple[str, ...]]:
    """Field → heading, built-in synonyms and added words, as the reader wants them."""
    built_in = built_in_words(roster)
    headings = dict(roster.headings())
    for field, word, compared in RosterSynonym.objects.filter(kind=roster.kind).values_list(
        "field", "word", "compared"
    ):
        # A newer version of the program may know the word for another column, or the column no longer.
        if field in headings and compared not in built_in:
            headings[field] = (*headings[field], word)
    return headings


def built_in_words(roster) -> dict[str, str]:
    """Word as compared → field, of what the program itself knows."""
    return {fold_heading(name): column.field for column in roster.columns for name in column.names}


def add_synonym(*, roster, field: str, word: str, by) -> RosterSynonym:
    """Make `word` mean the column from now on. Raises ValidationError with the sentence for the form."""
    column = next((column for column in roster.columns if column.field == field), None)
    if column is None:
        raise ValidationError({"field": "这个名册没有这一列。请重新选择。"})
    word, compared = word.strip(), fold_heading(word)
    if not compared:
        raise ValidationError({"word": "没有写表头。请照表里的写法填写。"})
    if compared in PASSED_OVER:
        raise ValidationError({"word": f"“{word}”是表格自己用的列，读的时候总是跳过，不能作为表头。"})
    _check_free(roster, column, word, compared)
    try:
        with transaction.atomic():
            return create_versioned(
                RosterSynonym(kind=roster.kind, field=field, word=word, compared=compared), by=by
            )  # fmt: skip
    except IntegrityError:
        raise ValidationError({"word": f"“{word}”刚被别人加过。请刷新页面查看。"}) from None


def _check_free(roster, column, word: str, compared: str):
    taken = built_in_words(roster).get(compared)
    if taken is None:
        stored = RosterSynonym.objects.filter(kind=roster.kind, compared=compared).first()
        taken = stored.field if stored else None
    if taken == column.field:
        raise ValidationError({"word": f"“{word}”已经认得，就是“{column.heading}”，不用再加。"})
    if taken is not None:
        other = next((each.heading for each in roster.columns if each.field == taken), taken)
        raise ValidationError({"word": f"“{word}”已经是“{other}”的写法，不能同时表示“{column.heading}”。"})


def delete_synonym(*, synonym: RosterSynonym, by):
    with transaction.atomic():
        before = {"kind": synonym.kind, "field": synonym.field, "word": synonym.word}
        audit.record(f"{synonym._meta.label_lower}.deleted", actor=by, target=synonym, before=before)
        synonym.delete()
