"""Pinyin columns for searching by keyboard: full spelling and initials, without tones, `ü` written v.

People's names are spelled character by character after the surname, whose readings pypinyin gets wrong
(解 is xie, 单 shan, 曾 zeng); places are spelled by phrase (重庆, 长安, 会宁).
"""

import functools
import re

from pypinyin import Style, lazy_pinyin

SURNAMES = {
    "解": "xie", "单": "shan", "曾": "zeng", "朴": "piao", "仇": "qiu", "查": "zha", "区": "ou", "盖": "ge",
    "任": "ren", "宁": "ning", "秘": "bi", "冼": "xian", "洗": "xian", "翟": "zhai", "尉": "wei", "员": "yun",
    "繁": "po", "种": "chong", "黑": "he", "缪": "miao", "乐": "yue", "覃": "qin", "召": "shao", "折": "she",
    "乜": "nie", "句": "gou", "祭": "zhai", "牟": "mou", "逄": "pang", "藏": "zang", "柏": "bai", "薄": "bo",
    "莘": "shen", "行": "xing", "降": "jiang", "么": "yao", "幺": "yao", "谌": "chen", "相": "xiang", "阚": "kan",
    "仉": "zhang", "宓": "mi", "瞿": "qu", "於": "yu", "麴": "qu", "哈": "ha", "石": "shi", "沈": "shen",
    "车": "che", "葛": "ge", "纪": "ji", "贾": "jia", "华": "hua", "盛": "sheng", "隗": "wei", "撒": "sa",
    "佴": "nai", "应": "ying", "燕": "yan", "过": "guo", "曲": "qu", "俞": "yu", "晁": "chao",
    "卜": "bu",  # codespell:ignore bu
    "呙": "guo", "厍": "she", "都": "du", "长": "chang", "朝": "chao", "重": "chong", "占": "zhan", "载": "zai",
}  # fmt: skip
COMPOUND_SURNAMES = {
    "尉迟": ["yu", "chi"], "万俟": ["mo", "qi"], "长孙": ["zhang", "sun"], "澹台": ["tan", "tai"],
    "单于": ["chan", "yu"], "令狐": ["ling", "hu"], "拓跋": ["tuo", "ba"], "淳于": ["chun", "yu"],
    "鲜于": ["xian", "yu"], "亓官": ["qi", "guan"], "乐正": ["yue", "zheng"], "夹谷": ["jia", "gu"],
    "谷梁": ["gu", "liang"], "子车": ["zi", "ju"], "颛孙": ["zhuan", "sun"], "宰父": ["zai", "fu"],
    "欧阳": ["ou", "yang"], "上官": ["shang", "guan"], "诸葛": ["zhu", "ge"], "皇甫": ["huang", "fu"],
    "呼延": ["hu", "yan"], "赫连": ["he", "lian"], "濮阳": ["pu", "yang"], "申屠": ["shen", "tu"],
    "公冶": ["gong", "ye"], "司马": ["si", "ma"], "夏侯": ["xia", "hou"], "慕容": ["mu", "rong"],
}  # fmt: skip
# Characters whose usual reading in a given name is not the one pypinyin gives them alone: 长江, 长安.
IN_GIVEN_NAMES = {"长": "chang"}
_LATIN = re.compile(r"[^0-9a-z]")


def pinyin_of(name: str) -> tuple[str, str]:
    """(full spelling, initials) of a person's name: 解晓华 → ("xiexiaohua", "xxh")."""
    syllables = COMPOUND_SURNAMES.get(name[:2])
    if syllables is not None:
        rest = name[2:]
    else:
        first = SURNAMES.get(name[:1])
        syllables, rest = ([first], name[1:]) if first else ([], name)
    spelled = [*syllables, *(_syllable(character) for character in rest)]
    return "".join(spelled), "".join(syllable[:1] for syllable in spelled)


@functools.cache
def _syllable(character: str) -> str:
    """One character's usual reading; letters and digits as they are, marks nothing."""
    if character in IN_GIVEN_NAMES:
        return IN_GIVEN_NAMES[character]
    return _LATIN.sub("", lazy_pinyin(character, style=Style.NORMAL)[0].lower()) if character.strip() else ""


@functools.lru_cache(maxsize=20_000)
def place_pinyin_of(name: str) -> tuple[str, str]:
    """(full spelling, initials) of a place's or body's name, read by phrase."""
    spelled = [_LATIN.sub("", syllable.lower()) for syllable in lazy_pinyin(name, style=Style.NORMAL)]
    initials = "".join(syllable[:1] if _is_word(syllable) else syllable for syllable in spelled)
    return "".join(spelled), initials


def _is_word(syllable: str) -> bool:
    # A run of digits stays whole: 第12社区 is found by d12sq.
    return not syllable.isdigit()
