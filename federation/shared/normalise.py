"""One function per type of value: what people type becomes the one way it is kept, or is refused with the cure.

Used by rosters, forms and the REST interface alike. Each takes a text and returns a text (dates as 2012-03-28,
amounts as 1200.00), gives its own result back unchanged, and raises NotNormal with a sentence. Nothing is guessed.
"""

import datetime
import functools
import re
import unicodedata
from collections.abc import Iterable, Mapping
from decimal import ROUND_HALF_UP, Decimal

RULES_VERSION = 1


class NotNormal(ValueError):
    """The value is refused; the message says what is wrong and what to do, without naming the column."""


# Among them the tags and variation selectors of the fifteenth plane, in which words can be hidden.
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufe00-\ufe0f\ufeff\U000e0000-\U000e0fff]")
_SPACES = re.compile(r"\s+")
_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20, 0xA0: 0x20}
# Chinese punctuation stays as written in free text; numbers and codes fold it as well.
_FOLD_TEXT = {code: to for code, to in _FULL_WIDTH.items() if chr(to).isalnum() or code in (0x3000, 0xA0)}
# What is copied out of a PDF has radicals where characters were: ⼥ looks like 女 and is found by nobody.
_FOLD_TEXT |= {code: unicodedata.normalize("NFKC", chr(code)) for code in range(0x2F00, 0x2FD6)}
_QUOTES = "'’‘`"
_LOST_DIGITS = re.compile(r"[0-9](?:\.[0-9]+)?[eE]\+?[0-9]+$")
_PLAIN = re.compile(r"[\x20-\x7e\u4e00-\u9fa5]*$")
# Most cells of a roster are normal as they stand; these tell so at once.
_NORMAL_TEXT = re.compile(r"[0-9A-Za-z\u4e00-\u9fa5]+(?:[ .、，-][0-9A-Za-z\u4e00-\u9fa5]+)*\Z")
_NORMAL_NAME = re.compile(r"[\u4e00-\u9fa5]{2,50}\Z")

LOST_DIGITS = "号码被 Excel 转成了数字，后几位已经丢失。请把该列设为“文本”格式，再按证件重新填写。"
MIDDLE_DOTS = str.maketrans(dict.fromkeys("•・･‧∙⋅●.．。﹒ᐧ", "·"))


def text(value: str) -> str:
    """Free text: composed, without invisible characters, spaces joined, one apostrophe at an edge dropped."""
    if _NORMAL_TEXT.match(value):
        return value
    if not _PLAIN.match(value):
        value = unicodedata.normalize("NFC", value)
        value = _INVISIBLE.sub("", value).translate(_FOLD_TEXT)
        if "\ufffd" in value or any(
            unicodedata.category(char) in ("Cc", "Cs", "Cn") for char in value if char not in "\t\r\n"
        ):
            raise NotNormal("有看不见或损坏的字符。请删去后重新填写。")
    value = _SPACES.sub(" ", value).strip()
    while value and (value[0] in _QUOTES or value[-1] in _QUOTES):
        value = value.strip(_QUOTES).strip()
    return value


def _compact(value: str) -> str:
    """A number or code: half width, without spaces."""
    return _SPACES.sub("", text(value).translate(_FULL_WIDTH)).strip(_QUOTES)


_NAME = re.compile(
    "[\u3007\u3400-\u4dbf\u4e00-\u9fff\ue815-\ue864\ufa0e\ufa0f\ufa11\ufa13\ufa14\ufa1f\ufa21\ufa23\ufa24\ufa27-\ufa29"
    "\U00020000-\U000323af·]+$"
)

# Characters made for one computer alone, and marks that stand on others.
_NO_CHARACTER = ("Co", "Mn", "Mc", "Me")


def name(value: str) -> str:
    """A person's name: Chinese characters (rare ones too) and the middle dot."""
    if _NORMAL_NAME.match(value):
        return value
    plain = text(value).replace(" ", "").translate(MIDDLE_DOTS)
    if not plain:
        return ""
    plain = re.sub("·+", "·", plain)
    odd = [place for place, char in enumerate(plain, 1) if unicodedata.category(char) in _NO_CHARACTER]
    if odd and not _NAME.match(plain):
        raise NotNormal(f"第 {odd[0]} 个字是自造字或单独的符号，别的电脑上显示不出来。请换成标准的汉字，按身份证填写。")
    if not _NAME.match(plain) or plain[0] == "·" or plain[-1] == "·":
        raise NotNormal(f"“{_shorten(plain)}”不是姓名。姓名只写汉字，少数民族姓名中间用“·”。")
    if len(plain) < 2 or len(plain) > 50:
        raise NotNormal(f"“{_shorten(plain)}”不是完整的姓名。请按身份证填写。")
    return plain


# --- ID numbers, GB 11643 -----------------------------------------------------------------------
# No birth date up to here lies in the future; later ones are compared with today.
_LONG_PAST = "2026-01-01"
_ID = re.compile(r"[0-9]{17}[0-9X]$")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK_DIGITS = "10X98765432"
_PROVINCES = frozenset(
    str(code)
    for code in (
        *range(11, 16),
        *range(21, 24),
        *range(31, 38),
        *range(41, 47),
        *range(50, 55),
        *range(61, 66),
        71,
        *range(81, 84),
    )
)


def id_check_digit(first17: str) -> str:
    """The 18th character of an ID number (GB 11643, ISO 7064 MOD 11-2)."""
    # Region, birth date and sequence are weighed apart: a county's people share most of them.
    weight = _weighed(first17[:6], 0) + _weighed(first17[6:14], 6) + _weighed(first17[14:], 14)
    return _CHECK_DIGITS[weight % 11]


@functools.lru_cache(maxsize=50_000)
def _weighed(digits: str, start: int) -> int:
    return sum(int(digit) * weight for digit, weight in zip(digits, _WEIGHTS[start:], strict=False))


@functools.lru_cache(maxsize=50_000)
def _birth_date(digits: str) -> str | None:
    try:
        day = datetime.date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None
    return day.isoformat() if day.year >= 1890 else None


def id_number(value: str) -> str:
    """An 18-character ID number whose region, birth date and check digit are right."""
    number = value if _ID.match(value) else _compact(value).replace("-", "").upper()
    if not number:
        return ""
    if not _ID.match(number):
        raise NotNormal(_why_no_id(number))
    born = _birth_date(number[6:14])
    if id_check_digit(number[:17]) != number[17]:
        if number.endswith("000"):
            raise NotNormal(LOST_DIGITS)
        raise NotNormal("身份证号的最后一位校验码不对，号码有误。请按身份证核对。")
    if born is None or (born > _LONG_PAST and born > _today()):
        raise NotNormal(f"身份证号中的出生日期 {number[6:14]} 不存在。请按身份证核对。")
    if number[:2] not in _PROVINCES:
        raise NotNormal(f"身份证号的前两位 {number[:2]} 不是省份代码。请按身份证核对。")
    return number


def _why_no_id(number: str) -> str:
    if _LOST_DIGITS.match(number):
        return LOST_DIGITS
    if re.match(r"[0-9]{15}$", number):
        return "是 15 位的旧身份证号，已停用。请换成 18 位的身份证号。"
    if re.match(r"[0-9Xx*]+$", number) and "*" in number:
        return "身份证号被星号遮盖了。请填写完整的 18 位号码。"
    if re.match(r"[0-9X]+$", number):
        return f"身份证号应是 18 位，这里是 {len(number)} 位。请按身份证核对。"
    # Not repeated: most of it may be somebody's right number.
    return f"不是身份证号（有 {len(number)} 个字符，含数字以外的字符）。身份证号是 18 位，最后一位可以是 X。"


def born_on_of_id(number: str) -> str:
    """The birth date (2012-03-28) in a normal ID number."""
    return f"{number[6:10]}-{number[10:12]}-{number[12:14]}"


def sex_of_id(number: str) -> str:
    """ "1" (male) or "2" (female) by the 17th digit of a normal ID number."""
    return "1" if number[16] in "13579" else "2"


# --- disability certificates ----------------------------------------------------------------------
_CERTIFICATE = re.compile(r"([0-9]{17}[0-9X])([1-7])([1-4])(?:B([0-9]{1,2}))?$")


def certificate_number(value: str) -> str:
    """20 characters: ID number, category, grade; a re-issue adds B and a number."""
    number = value if _CERTIFICATE.match(value) else _compact(value).replace("-", "").upper()
    if not number:
        return ""
    found = _CERTIFICATE.match(number)
    if not found:
        if _LOST_DIGITS.match(number) or (number.isdigit() and len(number) == 20 and number.endswith("00000")):
            raise NotNormal(LOST_DIGITS)
        raise NotNormal(
            "残疾人证号应是 20 位：18 位身份证号、1 位类别、1 位等级（补证另加 B 和次数），"
            f"这里是 {len(number)} 位或有误。请按残疾人证核对。"
        )
    try:
        id_number(found.group(1))
    except NotNormal as error:
        raise NotNormal("残疾人证号的前 18 位不是有效的身份证号。请按残疾人证核对。") from error
    return number


def certificate_parts(number: str) -> tuple[str, str, str]:
    """(ID number, category, grade) of a normal certificate number."""
    return number[:18], number[18], number[19]


# --- phones, codes, whole numbers -----------------------------------------------------------------
_MOBILE = re.compile(r"1[3-9][0-9]{9}$")
_LANDLINE = re.compile(r"(0[12][0-9]|0[3-9][0-9]{2})-?([2-9][0-9]{6,7})(?:(?:-|转|#)([0-9]{1,6}))?$")


def phone(value: str) -> str:
    """A mobile number (11 digits) or a landline as 0943-3221234, an extension after a further hyphen."""
    if _MOBILE.match(value):
        return value
    number = re.sub(r"[()（）\[\]]", "-", _compact(value)).replace("—", "-").replace("–", "-").strip("-")
    number = re.sub("-+", "-", number)
    if not number:
        return ""
    if _LOST_DIGITS.match(number):
        raise NotNormal("电话被 Excel 转成了科学计数。请把该列设为“文本”格式后重填。")
    digits = re.sub(r"^(?:\+?0{0,2}86-?)(?=1[3-9])", "", number).replace("-", "")
    if _MOBILE.match(digits):
        return digits
    found = _LANDLINE.match(number)
    if not found:
        raise NotNormal(f"不是电话号码（有 {len(number)} 位）。手机号是 11 位，座机写成 0943-3221234。")
    return "-".join(part for part in found.groups() if part)


def account_number(value: str) -> str:
    """A bank account: 10 to 30 digits."""
    number = _compact(value).replace("-", "")
    if not number:
        return ""
    if _LOST_DIGITS.match(number):
        raise NotNormal(LOST_DIGITS)
    if not re.match(r"[0-9]{10,30}$", number):
        raise NotNormal("账号应是 10 到 30 位数字。请按银行卡或存折核对。")
    if fault := account_fault(number):
        raise NotNormal(fault)
    return number


_BANK_CARD = re.compile(r"62[0-9]{14,17}$")


def account_fault(number: str) -> str:
    """What is wrong with the digits of an account, "" where nothing is. Bank cards (62…, 16 to 19 digits) end with a
    check digit (Luhn); passbooks are numbered as each bank likes."""
    if not re.match(r"[0-9]{10,30}$", number):
        return "账号应是 10 到 30 位数字。请按银行卡或存折核对。"
    if _BANK_CARD.match(number) and number != with_check_digit(number[:-1]):
        return "银行卡号的校验位不符，有一位写错了。请按银行卡核对。"
    return ""


def with_check_digit(digits: str) -> str:
    """The digits of a bank card with the check digit behind them (Luhn)."""
    doubled = (int(digit) * (2 - place % 2) for place, digit in enumerate(reversed(digits)))
    return digits + str(-sum(value - 9 if value > 9 else value for value in doubled) % 10)


def division_code(value: str) -> str:
    """A division code of 12 digits, shorter ones filled with zeros (6, 9 or 12 digits are accepted)."""
    code = _compact(value)
    if not code:
        return ""
    if not code.isascii() or not code.isdigit() or len(code) not in (6, 9, 12):
        raise NotNormal(f"“{_shorten(code)}”不是区划代码。区划代码是 12 位数字。")
    return code.ljust(12, "0")


def whole_number(value: str, *, largest: int = 9999) -> str:
    """A count, 0 or more."""
    number = re.sub(r"(?:人|户|个|件|项|次|平方米|㎡)$", "", _compact(value).replace(",", ""))
    if not number:
        return ""
    if re.match(r"[0-9]+\.0+$", number):
        number = number.partition(".")[0]
    if not number.isascii() or not number.isdigit():
        raise NotNormal(f"“{_shorten(number)}”不是整数。请只填数字。")
    if int(number) > largest:
        raise NotNormal(f"{_shorten(number)} 太大，最多 {largest}。请核对。")
    return str(int(number))


# --- dates and money ------------------------------------------------------------------------------
_DATE = re.compile(r"([0-9]{4})(?:[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?|([0-9]{2})([0-9]{2}))(?: ?00:00(?::00)?)?$")


@functools.lru_cache(maxsize=50_000)
def date(value: str) -> str:
    """A day as 2012-03-28, from the usual ways to write it."""
    written = _SPACES.sub(" ", text(value).translate(_FULL_WIDTH)).replace(" 00:00", "T00:00").replace(" ", "")
    written = written.replace("T00:00", " 00:00").replace("。", ".").replace("、", ".").rstrip(".")
    if not written:
        return ""
    found = _DATE.match(written)
    if not found:
        raise NotNormal(f"“{_shorten(written)}”不是日期。请写成 2012-03-28 的样子，年份写四位。")
    year, month, day, month8, day8 = found.groups()
    try:
        result = datetime.date(int(year), int(month or month8), int(day or day8))
    except ValueError as error:
        raise NotNormal(f"“{_shorten(written)}”这一天不存在。请核对。") from error
    if not 1890 <= result.year <= 2150:
        raise NotNormal(f"“{_shorten(written)}”的年份不对。请核对。")
    return result.isoformat()


def amount(value: str) -> str:
    """Yuan with two places, 0 or more. A computed 0.30000000000000004 counts as the 0.3 that Excel shows."""
    number = re.sub(r"^[¥￥]|元$|圆$", "", _compact(value).replace(",", "").replace("，", ""))
    if not number:
        return ""
    if not re.match(r"[0-9]{1,12}(?:\.[0-9]+)?$", number):
        if number.startswith("-"):
            raise NotNormal(f"金额 {_shorten(number)} 是负数。请核对。")
        raise NotNormal(f"“{_shorten(number)}”不是金额。请只填数字，单位是元，例如 1200.50。")
    exact = Decimal(number)
    rounded = exact.quantize(Decimal("0.01"), ROUND_HALF_UP)
    # Fifteen significant digits are what Excel shows; what differs beyond them is binary dust.
    if exact != rounded and abs(exact - rounded) > Decimal(10) ** (exact.adjusted() - 14):
        raise NotNormal(f"金额 {_shorten(number)} 多于两位小数。请精确到分。")
    return str(rounded)


# --- dictionaries ---------------------------------------------------------------------------------
class Dictionary:
    """Turns a word, a code or a common variant into the value kept. `words` gives (value, shown word)."""

    def __init__(self, words: Iterable[tuple[str, str]], variants: Mapping[str, Iterable[str]] | None = None):
        self.words = [(str(value), str(word)) for value, word in words if value != ""]
        self._known = {}
        for value, word in self.words:
            for written in (word, word.partition("（")[0], value, *(variants or {}).get(value, ())):
                self._known.setdefault(self._fold(written), value)
        self._shown = dict(self.words)

    @staticmethod
    def _fold(written: str) -> str:
        return _compact(written).translate({0x28: None, 0x29: None}).lower()

    def __call__(self, value: str) -> str:
        folded = self._fold(value)
        if not folded:
            return ""
        if folded.endswith(".0"):
            folded = folded[:-2]
        if folded in self._known:
            return self._known[folded]
        # 农业1, 1.男, 01肢体: the code written together with its word.
        coded = re.match(r"0?([0-9])[.、:：-]?(\D+)$", folded)
        if coded and self._known.get(coded.group(2)) == coded.group(1):
            return coded.group(1)
        wanted = "、".join(word for _, word in self.words[:12])
        raise NotNormal(f"“{_shorten(value)}”不在可填的内容里。请填：{wanted}。")

    def word(self, value: str) -> str:
        return self._shown.get(value, value)


YES_NO = Dictionary(
    [("1", "是"), ("0", "否")],
    {
        "1": ["有", "√", "✓", "对", "y", "yes", "true", "享受", "已"],
        "0": ["无", "×", "没有", "不是", "n", "no", "false", "未"],
    },
)


def _shorten(value: str) -> str:
    return value if len(value) <= 24 else value[:24] + "…"


def _today() -> str:
    return datetime.date.today().isoformat()  # noqa: DTZ011 - a birth date is compared by the local day


def forget():
    """Empty what is remembered between values, for who has read very many."""
    for remembered in (_weighed, _birth_date, date):
        remembered.cache_clear()
