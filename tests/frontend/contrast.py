"""Contrast of every text, by axe, where axe has not yet passed a text that looks exactly the same.

Two thirds of axe's time go into contrast, which hangs on colours, letters and what lies behind, not on the page: a
text is known once both rules of axe have passed one with the same colours, size and weight on the same stack of
backgrounds, as the browser computed them, theme and all. What axe did not pass (or could not say) is never known,
nor what is positioned, since that may lie over anything. AXE_FULL=1 asks axe about every text of every page.
"""

from tests.browser import ensure_axe

COLOURS = ("color-contrast", "color-contrast-enhanced")
KNOWN: set[str] = set()
_EXAMINE = """async ([known, rules]) => {
  const before = new Set(known), behind = new WeakMap(), keys = new Map();
  const layer = (e, part) => {
    const s = getComputedStyle(e, part);
    if (part && (s.content === 'none' || s.content === 'normal')) return '';
    const over = !['static', 'relative'].includes(s.position) || s.transform !== 'none' ? 'positioned' : '';
    const all = [s.backgroundColor, s.backgroundImage, s.opacity, s.filter, s.mixBlendMode, part ? '' : over];
    return (part || '') + all.join(' ');
  };
  const stack = e => {
    if (!e) return '';
    if (!behind.has(e)) behind.set(e, [null, '::before', '::after'].map(p => layer(e, p)).join() + '/' +
      stack(e.parentElement));
    return behind.get(e);
  };
  // Of a lone symbol axe says nothing, and of what lies outside the page or is clipped to a dot neither.
  const says = e => e.matches('input, select, textarea, button') ||
    Array.from(e.childNodes).some(n => n.nodeType === Node.TEXT_NODE && n.data.trim()
      && !/^[\\s\\p{So}]+$/u.test(n.data));
  const isSeen = r => r.width > 1 && r.height > 1 && r.bottom + scrollY > 0 && r.right + scrollX > 0;
  for (const e of document.querySelectorAll('body, body *')) {
    if (!isSeen(e.getBoundingClientRect()) || !says(e)) continue;
    const s = getComputedStyle(e);
    const own = [s.color, s.fill, s.fontSize, s.fontWeight, s.textShadow, s.webkitTextStroke];
    const key = own.join() + '/' + stack(e);
    if (key.includes('positioned') || !before.has(key)) keys.set(e, key);
  }
  if (!keys.size) return {found: [], passed: [], examined: 0};
  const options = {resultTypes: ['violations', 'passes'], elementRef: true, selectors: false};
  options.runOnly = {type: 'rule', values: rules};
  const result = await window.axe.run({include: [...keys.keys()]}, options);
  const passes = rules.map(rule => new Set(result.passes.filter(r => r.id === rule)
    .flatMap(r => r.nodes.map(n => n.element))));
  const passed = [...keys].filter(([e]) => passes.every(those => those.has(e))).map(([e, key]) => key);
  const found = result.violations.flatMap(r => r.nodes.map(n => r.id + ': ' + n.html + ': ' + n.failureSummary));
  return {found, passed: [...new Set(passed)].filter(key => !key.includes('positioned')), examined: keys.size};
}"""


def contrast(page, known=KNOWN) -> tuple[list[str], int]:
    """What axe finds wrong, and how many texts it was asked about."""
    ensure_axe(page)
    answer = page.evaluate(_EXAMINE, [sorted(known), COLOURS])
    known.update(answer["passed"])
    return answer["found"], answer["examined"]
