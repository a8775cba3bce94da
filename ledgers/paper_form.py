"""The personal form in the order of the paper: what the detail page, and later the print, show."""

from federation.shared.change_values import display
from federation.shared.masking import mask_address
from federation.shared.sealed import SealedField
from ledgers.models.dictionaries import DisabilityCategory, Rehabilitation

# Home addresses tell where somebody lives: shown in full only to those who may see whole numbers.
ADDRESSES = ("registered_address", "current_address")

SECTIONS = [
    ("一、本人情况", ["name", "sex", "ethnicity", "born_on", "id_number", "phone"]),
    (
        "二、残疾情况",
        [
            "certificate_number", "certificate_status", "category", "category_parts", "grade",
            "cause", "disabled_since", "certificate_issued_on", "next_review_on",
        ],
    ),
    (
        "三、家庭情况",
        [
            "organisation", "grid", "register_type", "registered_address", "current_address", "household_size",
            "household_disabled", "is_elderly_disabled_household", "guardian_name", "guardian_relation",
            "guardian_phone", "marital_status", "education", "political_status",
        ],
    ),
    (
        "四、经济和社会保险",
        [
            "yearly_income", "dibao", "dibao_class", "is_extreme_poverty_support", "housing", "has_living_subsidy",
            "has_care_subsidy", "pension", "medical", "other_insurance",
        ],
    ),
    ("五、就业和教育", ["employment", "employer", "skills", "training_wish", "school"]),
    (
        "六、康复、辅助器具和照料",
        ["rehabilitation", "devices_held", "devices_needed", "is_home_adapted", "needs_home_adaptation", "care"],
    ),
    (
        "七、帮扶和登记",
        [
            "responsible_cadre", "member_in_charge", "last_visited_on", "registered_on", "moved_away_on",
            "deceased_on", "cancelled_on", "remark", "consent_kind", "consented_on",
        ],
    ),
]  # fmt: skip
UNITS = {"household_size": "人", "household_disabled": "人", "yearly_income": "元"}
# Fields that are shown as they are today, not as they were filled in.
AS_OF_TODAY = {"is_elderly_disabled_household": "is_elderly_disabled"}
ONLY_WHEN_FILLED = {"certificate_status", "category_parts", "moved_away_on", "deceased_on", "cancelled_on"}


# Columns that keep several codes of a dictionary, one character each.
SEVERAL = {
    "category_parts": dict(DisabilityCategory.choices),
    "rehabilitation": dict(Rehabilitation.choices),
}


def parts_in_words(name: str, parts: str) -> str:
    words = SEVERAL[name]
    return "、".join(words.get(part, part) for part in parts)


def value_of(person, name: str, show_addresses: bool) -> str:
    """One field in words; "" where nothing is filled in."""
    field = person._meta.get_field(name)
    value = getattr(person, AS_OF_TODAY.get(name, field.name))
    if value in (None, ""):
        return ""
    if name in ADDRESSES and not show_addresses:
        return mask_address(value)
    if name in SEVERAL:
        return parts_in_words(name, value)
    if field.is_relation:
        return str(value)
    if hasattr(value, "year"):
        return f"{value.year} 年 {value.month} 月 {value.day} 日"
    return f"{display(field, value)}{f' {UNITS[name]}' if name in UNITS else ''}"


def sections_of(person, sealed, show_addresses: bool) -> list[tuple[str, list[dict]]]:
    """(heading, rows of label and value) as on the paper; `sealed(name)` draws a sealed number with its link."""
    drawn = []
    for heading, names in SECTIONS:
        rows = []
        for name in names:
            field = person._meta.get_field(name)
            if isinstance(field, SealedField):
                value = sealed(name)
            else:
                value = value_of(person, name, show_addresses)
            if value or name not in ONLY_WHEN_FILLED:
                rows.append({"label": str(field.verbose_name), "value": value})
        drawn.append((heading, rows))
    return drawn
