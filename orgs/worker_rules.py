"""Contradictions between what a roster or form says of a worker, in sentences."""

from federation.shared.normalise import born_on_of_id, sex_of_id

_SEX = {"1": "男", "2": "女"}


def contradictions(number: str, sex: str, born_on: str, certificate: str = "") -> list[tuple[str, str]]:
    """(field, sentence) of what does not agree with the (normal) ID number."""
    found = []
    if not number:
        return found
    if sex and sex_of_id(number) != sex:
        found.append(("sex", f"与身份证号不符：身份证号第 17 位表示{_SEX[sex_of_id(number)]}。请核对身份证。"))
    if born_on and born_on_of_id(number) != born_on:
        found.append(("born_on", f"与身份证号不符：身份证号表示 {born_on_of_id(number)}。请核对身份证。"))
    if certificate and certificate[:18] != number:
        found.append(("certificate_number", "前 18 位与身份证号不一致。请对照两个证件，改正其中错的一项。"))
    return found
