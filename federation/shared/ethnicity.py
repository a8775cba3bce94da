"""The ethnic groups of GB/T 3304-1991 with their codes: one dictionary for rosters, forms and checks.

What is kept is the name as the standard writes it with 族 (汉族); older records that say something else keep their
text and are shown as wrong until somebody chooses.
"""

import re

from django import forms

from federation.shared.normalise import Dictionary, NotNormal

_NAMES = re.findall(
    r"\S+",
    "汉 蒙古 回 藏 维吾尔 苗 彝 壮 布依 朝鲜 满 侗 瑶 白 土家 哈尼 哈萨克 傣 黎 傈僳 佤 畲 高山 拉祜 水 东乡 纳西 "
    "景颇 柯尔克孜 土 达斡尔 仫佬 羌 布朗 撒拉 毛南 仡佬 锡伯 阿昌 普米 塔吉克 怒 乌孜别克 俄罗斯 鄂温克 德昂 保安 "
    "裕固 京 塔塔尔 独龙 鄂伦春 赫哲 门巴 珞巴 基诺",
)
OTHER, FOREIGN = "其他", "外国血统中国籍人士"
_CODES = {f"{number:02d}": f"{name}族" for number, name in enumerate(_NAMES, start=1)} | {"97": OTHER, "98": FOREIGN}
# How they are written beside the standard's own way: old names, short ones, groups not told apart from 其他.
_ALSO = {
    "汉族": ("汉民", "han"), "回族": ("回民",), "蒙古族": ("蒙", "蒙族"), "维吾尔族": ("维", "维族"),
    "朝鲜族": ("鲜族",), "德昂族": ("崩龙", "崩龙族"), "毛南族": ("毛难", "毛难族"), "珞巴族": ("洛巴", "洛巴族"),
    "佤族": ("瓦族", "卡佤族"), "彝族": ("夷族",), "侗族": ("峒族",), "鄂温克族": ("索伦族",), "赫哲族": ("赫哲人",),
    "柯尔克孜族": ("柯族",), "哈萨克族": ("哈族",), "塔吉克族": ("塔族",), "俄罗斯族": ("俄族",),
    "乌孜别克族": ("乌兹别克", "乌兹别克族"),
    OTHER: ("其它", "其他族", "其他民族", "其它民族", "未识别民族", "未识别", "穿青人", "僜人", "夏尔巴人", "摩梭人"),
    FOREIGN: ("外国血统", "外国血统中国籍", "外籍入籍", "入籍"),
}  # fmt: skip


def _ways(code: str, word: str) -> list[str]:
    short = word.removesuffix("族") if len(word) > 1 else word
    coded = [f"{number}{gap}{name}" for number in {code, code.lstrip("0")} for gap in ("", ".", "-", "、")
             for name in (word, short)]  # fmt: skip
    return [short, code, code.lstrip("0"), *coded, *_ALSO.get(word, ())]


WORDS = tuple(_CODES.values())
KNOWN = frozenset(WORDS)
ETHNICITY = Dictionary([(word, word) for word in WORDS], {word: _ways(code, word) for code, word in _CODES.items()})


class EthnicityField(forms.ChoiceField):
    """A list to choose from, by keyboard as well; what is typed elsewhere (汉, 01, a draft of before) is understood.

    `offer(stored)` keeps a stored text that is in no dictionary: shown as such, and not lost by saving the rest.
    """

    def __init__(self, **kwargs):
        super().__init__(choices=[("", "请选择"), *((word, word) for word in WORDS)], **kwargs)
        self.stored = ""

    def offer(self, stored: str):
        if stored and stored not in KNOWN:
            self.stored = stored
            self.choices = [*self.choices, (stored, f"{stored}（不在民族名称里，请改选）")]

    def to_python(self, value):
        try:
            return value if value and value == self.stored else ETHNICITY(value or "")
        except NotNormal:
            return value

    def validate(self, value):
        if value and not self.valid_value(value):
            raise forms.ValidationError(
                f"没有“{value[:20]}”这个民族名称，请从列表中选择；未列出的选“{OTHER}”。", code="invalid_choice"
            )
        super().validate(value)
