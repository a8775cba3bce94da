"""Numbers of the 创先争优 campaign. Its rounds and summaries have no place yet."""

from federation.shared.metrics import NoSource, register

for _name, _label, _unit in (
    ("campaigns.summaries_on_time", "按时报送的创先争优总结", "份"),
    ("campaigns.deeds", "先进事迹材料", "份"),
    ("campaigns.deeds_accepted_above", "被上级采用的先进事迹", "份"),
):
    register(NoSource(
        name=_name, label=_label, unit=_unit, source="残联厅〔2012〕21号四、（五）",
        definition="系统中还没有登记这类事实的地方。",
    ))  # fmt: skip
