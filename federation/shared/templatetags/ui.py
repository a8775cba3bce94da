"""Tags and filters every template has without loading them (settings: TEMPLATES builtins)."""

from django import template
from django.utils.html import format_html

from federation.shared import charts

register = template.Library()

SYMBOLS = {"ok": "✓", "warn": "△", "bad": "✕", "info": "●", "": ""}
MARKS = {"yes": ("✓", "已做到"), "half": ("半", "部分做到"), "no": ("✕", "未做到"), "none": ("—", "尚无数据来源")}
MESSAGE_KINDS = {"success": "ok", "warning": "warn", "error": "bad"}
MESSAGE_WORDS = {"success": "", "warning": "提醒：", "error": "没有办成："}


@register.simple_tag
def tag(kind, text):
    """A status as symbol and words: `{% tag "ok" "达标" %}`; kinds ok, warn, bad, info."""
    symbol = SYMBOLS.get(kind, "")
    mark = format_html('<span aria-hidden="true">{}</span>', symbol) if symbol else ""
    return format_html('<span class="tag tag-{}">{}{}</span>', kind or "plain", mark, text)


@register.simple_tag
def mark(state, url="", text=""):
    """A cell of a 九有/六有 matrix: yes, half, no, none; a link to its evidence where `url` is given."""
    symbol, word = MARKS[state]
    inner = format_html('<span aria-hidden="true">{}</span><span class="hide">{}</span>', symbol, text or word)
    if url:
        return format_html('<a class="mark mark-{}" href="{}">{}</a>', state, url, inner)
    return format_html('<span class="mark mark-{}">{}</span>', state, inner)


@register.simple_tag
def data_bar(value, maximum, kind=""):
    """`{% data_bar row.points 100 %}`: a small bar; write the number beside it."""
    return charts.data_bar(value, maximum, kind)


@register.simple_tag
def error_count(form):
    """How many sentences of error the form has, over all its fields."""
    return sum(len(errors) for errors in form.errors.values())


@register.simple_tag(takes_context=True)
def error_prefix(context):
    """错误： before the title of a page whose form was refused (once, also where the view wrote it)."""
    form = context.get("form")
    written = str(context.get("title", "")).startswith("错误：")
    return "错误：" if getattr(form, "errors", None) and not written else ""


@register.filter
def named(error, label):
    """The error with its field's name in front, unless it already names it."""
    return error if str(label) in str(error) else f"{label}：{error}"


@register.simple_tag
def message_kind(level):
    return MESSAGE_KINDS.get(level, "info")


@register.simple_tag
def message_word(level):
    return MESSAGE_WORDS.get(level, "")


@register.filter
def cn_date(value):
    """2026 年 4 月 3 日; nothing for nothing."""
    return f"{value.year} 年 {value.month} 月 {value.day} 日" if value else ""


@register.filter
def cn_month(value):
    """2026 年 4 月, of any day in it."""
    return f"{value.year} 年 {value.month} 月"


def cn_months(first, last):
    """2026 年 4 月; 2026 年 4 月至 6 月; 2026 年 11 月至 2027 年 1 月."""
    if (first.year, first.month) == (last.year, last.month):
        return cn_month(first)
    return f"{cn_month(first)}至 " + (f"{last.month} 月" if first.year == last.year else cn_month(last))


@register.filter
def or_none_yet(value):
    """The value, or 未填 for an empty one: an empty cell says nothing to a screen reader."""
    return "未填" if value in (None, "") else value


@register.filter
def words(text):
    """A list of the words of a short constant: `"乡镇 得分"|words`."""
    return text.split()
